//! Any bytes as the payload of `validate`, and any bytes as the answers of the cluster.
//!
//! The input is the payload, then the answers to lookups, with lines of `---` between them. An answer that
//! starts with `!` is an error of the host; without an answer, the resource does not exist.

use aws_pod_identity_core as core;
use aws_pod_identity_json::{Error, Reader, object};
use policy_testing::additions;
use serde_json::Value;

use super::answer::ask;

/// Checks one input.
pub fn run(data: &[u8]) {
    let parts = split(data);
    let lookup = |index: usize, query: &Value| match parts.get(index + 1) {
        Some([b'!', error @ ..]) => Err(String::from_utf8_lossy(error).into_owned()),
        Some(answer) => Ok(answer.to_vec()),
        None => {
            let kind = query["kind"].as_str().unwrap_or_default();
            Err(format!("Host error: Cannot find v1/{kind} named 'x' inside of namespace 'None'"))
        }
    };
    let payload = parts[0];
    if serde_json::from_slice::<Value>(payload).is_err() {
        // No host sends this to the policy, because it parses the request first.
        let answer = core::validate(payload, &mut |_| lookup(0, &Value::Null));
        String::from_utf8(answer.body).expect("an answer is UTF-8");
        return;
    }
    let answer = ask(payload, &lookup);
    let Some(injected) = answer.injected else { return };

    let payload = std::str::from_utf8(payload).expect("an accepted payload is UTF-8");
    let range = object(payload).expect("an accepted payload can be read");
    additions::check(&payload[range.clone()], &injected);
    let (start, end) = (&payload[..range.start], &payload[range.end..]);
    let again = ask(format!("{start}{injected}{end}").as_bytes(), &lookup);
    assert!(
        again.response.accepted,
        "the injected object is accepted: {:?}",
        again.response.message
    );
    assert_eq!(again.injected, None, "the injected object is unchanged");
}

fn split(data: &[u8]) -> Vec<&[u8]> {
    const BETWEEN: &[u8] = b"\n---\n";
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        parts.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    parts.push(rest);
    parts
}

/// The position of `request.object` in the payload.
fn object(payload: &str) -> Result<std::ops::Range<usize>, Error> {
    let mut range = 0..0;
    let reader = &mut Reader::new(payload.as_bytes());
    object!(reader, {
        "request" => object!(reader, {
            "object" => {
                reader.kind()?;
                let start = reader.position();
                reader.skip()?;
                range = start..reader.position();
            },
        }),
    });
    Ok(range)
}
