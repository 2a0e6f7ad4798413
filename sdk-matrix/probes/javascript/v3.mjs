// Prints which AWS credentials the AWS SDK for JavaScript v3 resolves: v3.mjs [bedrock]
import { createRequire } from "node:module";
import { BedrockRuntimeClient, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { STSClient } from "@aws-sdk/client-sts";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const answer = { version: createRequire(import.meta.url)("@aws-sdk/client-sts/package.json").version };
try {
  if (process.argv[2] === "bedrock") {
    // The local replacement (standin.py) does not support HTTP/2.
    const client = new BedrockRuntimeClient({ requestHandler: new NodeHttpHandler() });
    await client.send(new InvokeModelCommand({ modelId: "model", body: "{}" }));
  } else {
    answer.accessKeyId = (await new STSClient().config.credentials()).accessKeyId;
  }
} catch (error) {
  answer.error = { kind: error.name, message: String(error.message) };
}
console.log(JSON.stringify(answer));
