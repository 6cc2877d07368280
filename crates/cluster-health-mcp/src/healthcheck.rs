//! `mcp-server healthcheck`: asks a running server whether it is ready, for images without a shell or curl.
//!
//! One HTTP/1.1 request over the standard library, and TLS where the address asks for it: it has to work when nothing else
//! does.

mod tls;

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);
/// More than the status line and the short reason that follows ever need.
const LONGEST_ANSWER: u64 = 16 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error("{0} is not an address to check: http://host[:port]/path is accepted, and https:// too")]
    Address(String),
    #[error("no server answers at {authority}")]
    Unreachable { authority: String, source: io::Error },
    #[error("{url} did not answer as an HTTP server does")]
    Garbled { url: String },
    #[error("{url} answered {status}: {reason}")]
    Status { url: String, status: u16, reason: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    url: String,
    tls: bool,
    authority: String,
    address: String,
    path: String,
}

/// Asks until the server is ready, at most `retries` times more than once.
pub fn run(url: &str, retries: u32, timeout: Duration) -> Result<(), NotReady> {
    let target = Target::parse(url)?;
    let mut left = retries;
    loop {
        match ask(&target, timeout) {
            Ok(()) => return Ok(()),
            Err(reason) if left == 0 => return Err(reason),
            Err(_) => left -= 1,
        }
        thread::sleep(BETWEEN_ATTEMPTS);
    }
}

fn ask(target: &Target, timeout: Duration) -> Result<(), NotReady> {
    let answer = exchange(target, timeout)
        .map_err(|source| NotReady::Unreachable { authority: target.authority.clone(), source })?;
    let garbled = || NotReady::Garbled { url: target.url.clone() };
    let text = String::from_utf8_lossy(&answer);
    let status_line = text.lines().next().ok_or_else(garbled)?;
    let status: u16 = status_line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|code| code.parse().ok())
        .ok_or_else(garbled)?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    let reason = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    Err(NotReady::Status { url: target.url.clone(), status, reason })
}

fn exchange(target: &Target, timeout: Duration) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + timeout;
    let stream = connect(&target.address, timeout)?;
    stream.set_write_timeout(Some(timeout))?;
    // Also while hands are shaken
    stream.set_read_timeout(Some(timeout))?;
    if target.tls {
        let socket = stream.try_clone()?;
        let host = target.address.rsplit_once(':').map_or("", |(host, _)| host);
        return ask_over(tls::over(stream, host.trim_matches(['[', ']']))?, &socket, target, deadline);
    }
    let socket = stream.try_clone()?;
    ask_over(stream, &socket, target, deadline)
}

/// `socket` is what the stream goes over.
fn ask_over(
    mut stream: impl Read + Write,
    socket: &TcpStream,
    target: &Target,
    deadline: Instant,
) -> io::Result<Vec<u8>> {
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: mcp-server-healthcheck\r\nAccept: application/json\r\n\
         Connection: close\r\n\r\n",
        target.path, target.authority
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    let mut limited = stream.take(LONGEST_ANSWER);
    let mut chunk = [0; 2048];
    loop {
        // A server that drips bytes must not outlast the deadline
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        match limited.read(&mut chunk) {
            Ok(0) => return Ok(answer),
            Ok(read) => answer.extend_from_slice(&chunk[..read]),
            // The other side left without a word of TLS
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !answer.is_empty() => return Ok(answer),
            Err(error) => return Err(error),
        }
    }
}

fn connect(address: &str, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Target {
    fn parse(url: &str) -> Result<Self, NotReady> {
        let refused = || NotReady::Address(url.to_owned());
        let (tls, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://").ok_or_else(refused)?),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/readyz"),
        };
        let plain = url.chars().all(|c| c.is_ascii_graphic());
        if authority.is_empty() || authority.contains('@') || !plain {
            return Err(refused());
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address =
            if has_port { authority.to_owned() } else { format!("{authority}:{}", if tls { 443 } else { 80 }) };
        Ok(Self { url: url.to_owned(), tls, authority: authority.to_owned(), address, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn answering(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/readyz", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        url
    }

    #[test]
    fn ready_is_any_success() {
        let url = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        run(&url, 0, Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn not_ready_says_why() {
        let url = answering("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"awaiting\":[\"Pod\"]}");
        let reason = run(&url, 0, Duration::from_secs(5)).unwrap_err().to_string();
        assert!(reason.contains("503") && reason.contains("Pod"), "{reason}");
        let url = answering("SSH-2.0-OpenSSH\r\n");
        assert!(matches!(run(&url, 0, Duration::from_secs(5)), Err(NotReady::Garbled { .. })));
    }

    #[test]
    fn addresses_are_http() {
        assert_eq!(Target::parse("https://a/readyz").unwrap().address, "a:443");
        for url in ["a", "ftp://a/", "http://", "http://u@a/", "http://a/\r\nX: y"] {
            assert!(matches!(Target::parse(url), Err(NotReady::Address(_))), "{url}");
        }
        assert_eq!(Target::parse("http://[::1]/livez").unwrap().address, "[::1]:80");
        assert_eq!(Target::parse("http://a:81").unwrap().path, "/readyz");
    }
}
