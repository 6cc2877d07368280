//! A small HTTP client for loopback: one keep-alive connection, requests as bytes, bodies whole or chunk by chunk. It
//! costs a few microseconds a request, so that what is measured is the server.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
    line: Vec<u8>,
}

/// Status and headers; the body comes after.
#[derive(Debug)]
pub struct Head {
    pub status: u16,
    /// As sent, names in lower case.
    pub headers: Vec<(String, String)>,
    left: Left,
}

/// What is left of a body.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Bytes(usize),
    Chunks,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), line: Vec::new() })
    }

    pub async fn get(&mut self, path: &str, headers: &str) -> io::Result<Reply> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n").as_bytes()).await
    }

    /// Sends a whole request and reads a whole answer.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Reply> {
        let mut head = self.open(request).await?;
        let mut body = Vec::new();
        while self.read(&mut head, &mut body).await? {}
        Ok(Reply { status: head.status, headers: head.headers, body })
    }

    /// Sends a whole request and reads as far as the body.
    pub async fn open(&mut self, request: &[u8]) -> io::Result<Head> {
        self.stream.write_all(request).await?;
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| bad("status"))?;
        let mut headers = Vec::new();
        let mut left = Left::Bytes(0);
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else { break };
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            match name.as_str() {
                "content-length" => left = Left::Bytes(value.parse().map_err(|_| bad("content-length"))?),
                "transfer-encoding" => left = Left::Chunks,
                _ => {}
            }
            headers.push((name, value));
        }
        Ok(Head { status, headers, left })
    }

    /// Appends the next part of the body; false at its end.
    pub async fn read(&mut self, head: &mut Head, body: &mut Vec<u8>) -> io::Result<bool> {
        let (bytes, more) = match head.left {
            Left::Bytes(bytes) => (bytes, false),
            Left::Chunks => {
                let size = self.line().await?;
                let size = usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16);
                let size = size.map_err(|_| bad("chunk size"))?;
                (size, size > 0)
            }
        };
        let before = body.len();
        body.resize(before + bytes, 0);
        self.stream.read_exact(&mut body[before..]).await?;
        if head.left == Left::Chunks {
            self.line().await?;
        }
        Ok(more)
    }

    /// Without its end.
    async fn line(&mut self) -> io::Result<String> {
        self.line.clear();
        if self.stream.read_until(b'\n', &mut self.line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(self.line.trim_ascii_end()).into_owned())
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent no good {what}"))
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
