//! Prints which AWS credentials the AWS SDK for Rust resolves: `sdk-matrix-rust [bedrock]`.

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_bedrockruntime::error::DisplayErrorContext;
use aws_sdk_bedrockruntime::primitives::Blob;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let answer = match resolve().await {
        Ok(Some(key)) => format!("\"accessKeyId\":{}", quoted(&key)),
        Ok(None) => "\"accessKeyId\":null".to_owned(),
        Err((kind, message)) => {
            format!("\"error\":{{\"kind\":{},\"message\":{}}}", quoted(kind), quoted(&message))
        }
    };
    let version = quoted(concat!("aws-config ", env!("AWS_CONFIG_VERSION")));
    println!("{{\"version\":{version},{answer}}}");
}

async fn resolve() -> Result<Option<String>, (&'static str, String)> {
    use aws_credential_types::provider::error::CredentialsError::*;

    let config = aws_config::load_from_env().await;
    if std::env::args().nth(1).as_deref() == Some("bedrock") {
        let client = aws_sdk_bedrockruntime::Client::new(&config);
        let sent = client.invoke_model().model_id("model").body(Blob::new("{}")).send().await;
        return match sent {
            Ok(_) => Ok(None),
            Err(error) => Err(("SdkError", DisplayErrorContext(error).to_string())),
        };
    }
    let Some(provider) = config.credentials_provider() else { return Ok(None) };
    match provider.provide_credentials().await {
        Ok(credentials) => Ok(Some(credentials.access_key_id().to_owned())),
        Err(error) => {
            let kind = match error {
                CredentialsNotLoaded(_) => "CredentialsNotLoaded",
                ProviderTimedOut(_) => "ProviderTimedOut",
                InvalidConfiguration(_) => "InvalidConfiguration",
                ProviderError(_) => "ProviderError",
                _ => "Unhandled",
            };
            Err((kind, DisplayErrorContext(error).to_string()))
        }
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
