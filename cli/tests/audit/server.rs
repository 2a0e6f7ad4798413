//! An API server that answers from a script, over HTTP on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// The answer of the server to a request.
pub(crate) enum Answer {
    /// 200 with this body.
    Ok(Value),
    /// 200 with this body, which can be JSON that `serde_json` does not write.
    Text(String),
    /// A status code, headers and a body.
    Status(u16, Vec<(&'static str, String)>, Value),
    /// The head and a part of the body, and then the connection ends.
    Cut,
    /// Nothing, for this time.
    Silence(Duration),
}

/// The requests that the server got, as paths with their queries.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// A running server. Its threads end with the test.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) requests: Requests,
}

impl Server {
    /// `answer` gets the path, the query, and the number of earlier requests for the same path and query.
    pub(crate) fn start(
        answer: impl Fn(&str, &str, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Requests::default();
        let (answer, seen) = (Arc::new(answer), requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, seen, stream) = (answer.clone(), seen.clone(), stream.unwrap());
                std::thread::spawn(move || serve(&stream, &seen, &*answer));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, requests: &Requests, answer: &dyn Fn(&str, &str, usize) -> Answer) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut header = String::new();
        while reader.read_line(&mut header).is_ok() && header.trim() != "" {
            header.clear();
        }
        let earlier = {
            let mut requests = requests.lock().unwrap();
            let earlier = requests.iter().filter(|other| **other == target).count();
            requests.push(target.clone());
            earlier
        };
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let answer = answer(path, query, earlier);
        let mut stream = stream;
        let sent = match answer {
            Answer::Ok(body) => send(stream, 200, &[], &body.to_string()),
            Answer::Text(body) => send(stream, 200, &[], &body),
            Answer::Status(code, headers, body) => send(stream, code, &headers, &body.to_string()),
            Answer::Cut => {
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"items\": [");
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return;
            }
            Answer::Silence(time) => {
                std::thread::sleep(time);
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn send(
    mut stream: &TcpStream,
    code: u16,
    headers: &[(&str, String)],
    body: &str,
) -> std::io::Result<()> {
    let headers: Vec<String> = headers
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}: {value}
"
            )
        })
        .collect();
    let headers = headers.concat();
    let head = format!(
        "HTTP/1.1 {code} Text\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

/// A Status of the API server.
pub(crate) fn status(code: u16, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message})
}

/// A list, as API servers write it: its items have no kind.
pub(crate) fn list(items: &[Value]) -> Value {
    json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items})
}
