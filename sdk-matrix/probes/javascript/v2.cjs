// Prints which AWS credentials the AWS SDK for JavaScript v2 resolves.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const answer = {};
try {
  const AWS = require("aws-sdk");
  answer.version = AWS.VERSION;
  AWS.config.getCredentials((error) => {
    if (error) answer.error = { kind: error.code || error.name, message: String(error.message) };
    else answer.accessKeyId = AWS.config.credentials.accessKeyId;
    console.log(JSON.stringify(answer));
  });
} catch (error) {
  // Loading the SDK reads the configuration.
  answer.error = { kind: error.code || error.name, message: String(error.message) };
  console.log(JSON.stringify(answer));
}
