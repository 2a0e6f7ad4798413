import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;

/** Prints which AWS credentials the AWS SDK for Java v2 resolves: Probe [bedrock]. */
public final class Probe {
    public static void main(String[] arguments) {
        String answer;
        try {
            if (arguments.length > 0 && arguments[0].equals("bedrock")) {
                BedrockRuntimeClient.create()
                        .invokeModel(request -> request.modelId("model").body(SdkBytes.fromUtf8String("{}")));
                answer = "null";
            } else {
                answer = quoted(DefaultCredentialsProvider.create().resolveCredentials().accessKeyId());
            }
            answer = "\"accessKeyId\":" + answer;
        } catch (Exception | Error error) {
            answer = "\"error\":{\"kind\":" + quoted(error.getClass().getSimpleName())
                    + ",\"message\":" + quoted(String.valueOf(error.getMessage())) + "}";
        }
        System.out.println("{\"version\":" + quoted(VersionInfo.SDK_VERSION) + "," + answer + "}");
        System.exit(0);
    }

    private static String quoted(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ");
        return "\"" + escaped + "\"";
    }
}
