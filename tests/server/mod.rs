//! A tiny HTTP server on the loopback interface: it answers as a test tells it to and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// For instance `GET /a.zip HTTP/1.1`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The first byte of a `Range` header.
    pub(crate) fn from(&self) -> Option<usize> {
        self.header("range")?
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    }
}

/// The bytes of an answer, or of the beginning of one: the connection is closed after them.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nConnection: close\r\n").into_bytes();
    for header in headers {
        bytes.extend_from_slice(format!("{header}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// A whole file.
pub(crate) fn whole(body: &[u8], headers: &[&str]) -> Vec<u8> {
    let length = format!("Content-Length: {}", body.len());
    let headers: Vec<&str> = headers.iter().copied().chain([length.as_str()]).collect();
    answer("200 OK", &headers, body)
}

/// The rest of a file from a byte on.
pub(crate) fn rest(body: &[u8], from: usize) -> Vec<u8> {
    let range = format!("Content-Range: bytes {from}-{}/{}", body.len() - 1, body.len());
    let length = format!("Content-Length: {}", body.len() - from);
    answer("206 Partial Content", &[&range, &length], &body[from..])
}

/// Answers requests until the test ends.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `reply` gets the number of the request, from 0, and the request.
    pub(crate) fn start(reply: impl Fn(usize, &Request) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let Some(request) = read(&connection) else {
                    continue;
                };
                let number = {
                    let mut log = log.lock().expect("no test panics in here");
                    log.push(request.clone());
                    log.len() - 1
                };
                let mut connection = connection;
                // The client may hang up early.
                let _ = connection.write_all(&reply(number, &request));
            }
        });
        Self { address, asked }
    }

    /// A proxy that takes `CONNECT` for any name and always leads to this server. It remembers what it was asked.
    pub(crate) fn proxy(&self) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, target) = (Arc::clone(&asked), self.address);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Some(request) = read(&client) else { continue };
                log.lock().expect("no test panics in here").push(request);
                std::thread::spawn(move || tunnel(client, target));
            }
        });
        Server { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no test panics in there").clone()
    }
}

/// Copies both ways until one side hangs up.
fn tunnel(mut client: TcpStream, target: SocketAddr) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}

fn read(connection: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(connection).lines();
    let line = lines.next()?.ok()?;
    let mut headers = Vec::new();
    for header in lines.map_while(Result::ok).take_while(|l| !l.is_empty()) {
        let (name, value) = header.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Some(Request { line, headers })
}
