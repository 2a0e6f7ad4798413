import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;
import com.amazonaws.util.VersionInfoUtils;

/** Prints which AWS credentials the AWS SDK for Java v1 resolves. */
public final class Probe {
    public static void main(String[] arguments) {
        String answer;
        try {
            answer = "\"accessKeyId\":"
                    + quoted(new DefaultAWSCredentialsProviderChain().getCredentials().getAWSAccessKeyId());
        } catch (Exception | Error error) {
            answer = "\"error\":{\"kind\":" + quoted(error.getClass().getSimpleName())
                    + ",\"message\":" + quoted(String.valueOf(error.getMessage())) + "}";
        }
        System.out.println("{\"version\":" + quoted(VersionInfoUtils.getVersion()) + "," + answer + "}");
        System.exit(0);
    }

    private static String quoted(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ");
        return "\"" + escaped + "\"";
    }
}
