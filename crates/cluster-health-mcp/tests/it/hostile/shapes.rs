//! What is sent, and what may come of it.

pub(crate) struct Shape {
    pub(crate) id: &'static str,
    pub(crate) send: fn(&Words) -> Vec<u8>,
    pub(crate) comes: Comes,
}

#[derive(Clone, Copy)]
pub(crate) enum Comes {
    Status(&'static [u16]),
    /// The connection ends, after a refusal or without a word.
    Cut,
    /// It is held open until the server has had enough.
    Nothing,
}

/// Tokens to send.
pub(crate) struct Words {
    pub(crate) token: String,
    pub(crate) stale: String,
    pub(crate) other: String,
}

impl Words {
    /// The head of a request by a caller who is known.
    pub(crate) fn head(&self, more: &str) -> String {
        self.head_of("POST /mcp", &self.token, more)
    }

    fn head_of(&self, line: &str, token: &str, more: &str) -> String {
        format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer {token}\r\n{more}\r\n\r\n"
        )
    }

    pub(crate) fn post(&self, body: &str) -> String {
        self.head(&format!("content-length: {}", body.len())) + body
    }

    fn by(&self, token: &str) -> Vec<u8> {
        (self.head_of("POST /mcp", token, &format!("content-length: {}", PING.len())) + PING).into_bytes()
    }

    fn call(&self, params: &str) -> Vec<u8> {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        self.post(&body).into_bytes()
    }
}

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

const fn shape(id: &'static str, send: fn(&Words) -> Vec<u8>, comes: Comes) -> Shape {
    Shape { id, send, comes }
}

const BAD: Comes = Comes::Status(&[400]);
const UNKNOWN: Comes = Comes::Status(&[401]);
const ANSWERED: Comes = Comes::Status(&[200]);

pub(crate) const SHAPES: &[Shape] = &[
    // No request at all
    shape("a connection and silence", |_| Vec::new(), Comes::Nothing),
    shape("a connection that is closed at once", |_| Vec::new(), Comes::Cut),
    shape("half a request line", |_| b"POST /mc".to_vec(), Comes::Nothing),
    shape("headers without an end", |_| b"POST /mcp HTTP/1.1\r\nhost: localhost\r\na: b\r\n".to_vec(), Comes::Nothing),
    shape("random bytes", |_| (0..=255).cycle().take(4096).collect(), Comes::Cut),
    shape("a TLS handshake on a plain port", |_| b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), Comes::Cut),
    shape("the preface of HTTP/2", |_| b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Comes::Cut),
    shape("HTTP/0.9", |_| b"GET /\r\n\r\n".to_vec(), Comes::Cut),
    shape("null bytes in a header", |_| b"GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n".to_vec(), BAD),
    shape(
        "a request line of 100 KB",
        |_| format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(100_000)).into_bytes(),
        Comes::Cut,
    ),
    shape(
        "a header of 100 KB",
        |_| format!("GET / HTTP/1.1\r\nhost: a\r\nb: {}\r\n\r\n", "x".repeat(100_000)).into_bytes(),
        Comes::Cut,
    ),
    shape(
        "a thousand headers",
        |_| format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "b: c\r\n".repeat(1000)).into_bytes(),
        Comes::Cut,
    ),
    // Who and where from
    shape("no host", |_| b"GET /mcp HTTP/1.1\r\n\r\n".to_vec(), Comes::Status(&[400, 403])),
    shape(
        "somebody else's host name",
        |_| b"GET /mcp HTTP/1.1\r\nhost: evil.example.com\r\n\r\n".to_vec(),
        Comes::Status(&[403]),
    ),
    shape(
        "a web page's origin",
        |words| words.head("origin: https://evil.example.com\r\ncontent-length: 0").into_bytes(),
        Comes::Status(&[403]),
    ),
    shape("no token", |_| b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n".to_vec(), UNKNOWN),
    shape("an empty token", |words| words.by(""), UNKNOWN),
    shape("a made-up token", |words| words.by("sha256~AAAAAAAAAAAAAAAAAAAA"), UNKNOWN),
    shape("a token that has expired", |words| words.by(&words.stale), UNKNOWN),
    shape("a token for somebody else", |words| words.by(&words.other), UNKNOWN),
    shape("an unsigned token", |words| words.by("eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0."), UNKNOWN),
    shape("a token cut short", |words| words.by(&words.token[..words.token.len() - 2]), UNKNOWN),
    shape("a token of 40 KB", |words| words.by(&"x".repeat(40_000)), UNKNOWN),
    shape("a token with spaces", |words| words.by("a b c"), UNKNOWN),
    shape("two tokens", |words| words.head("authorization: Bearer x\r\ncontent-length: 0").into_bytes(), UNKNOWN),
    shape(
        "a password",
        |_| b"POST /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic YTpi\r\ncontent-length: 0\r\n\r\n".to_vec(),
        UNKNOWN,
    ),
    shape(
        "a token in the address",
        |words| format!("GET /mcp?access_token={} HTTP/1.1\r\nhost: localhost\r\n\r\n", words.token).into_bytes(),
        UNKNOWN,
    ),
    shape("figures without a token", |_| b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(), UNKNOWN),
    // Methods and paths
    shape(
        "GET of the endpoint",
        |words| words.head_of("GET /mcp", &words.token, "a: b").into_bytes(),
        Comes::Status(&[405]),
    ),
    shape(
        "DELETE of a session",
        |words| words.head_of("DELETE /mcp", &words.token, "mcp-session-id: 1").into_bytes(),
        Comes::Status(&[405]),
    ),
    shape("TRACE", |words| words.head_of("TRACE /mcp", &words.token, "a: b").into_bytes(), Comes::Status(&[405])),
    shape(
        "CONNECT to somewhere else",
        |_| b"CONNECT 10.0.0.1:22 HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        Comes::Cut,
    ),
    shape(
        "a path that leaves its folder",
        |_| b"GET /../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        Comes::Status(&[404]),
    ),
    shape(
        "a WebSocket",
        |words| words.head_of("GET /mcp", &words.token, "connection: upgrade\r\nupgrade: websocket").into_bytes(),
        Comes::Status(&[405]),
    ),
    // Bodies that are not what they say
    shape(
        "plain text",
        |words| words.post(PING).replace("application/json", "text/plain").into_bytes(),
        Comes::Status(&[415]),
    ),
    shape("a gigabyte announced", |words| words.head("content-length: 1073741824").into_bytes(), Comes::Status(&[413])),
    shape(
        "more bytes than there are numbers",
        |words| words.head("content-length: 99999999999999999999").into_bytes(),
        BAD,
    ),
    shape("a negative length", |words| words.head("content-length: -1").into_bytes(), BAD),
    shape("two lengths", |words| words.head("content-length: 2\r\ncontent-length: 40").into_bytes(), BAD),
    shape(
        "a length and chunks",
        |words| (words.head("content-length: 40\r\ntransfer-encoding: chunked") + "0\r\n\r\n").into_bytes(),
        BAD,
    ),
    shape(
        "a chunk without a size",
        |words| (words.head("transfer-encoding: chunked") + "zz\r\n{}\r\n").into_bytes(),
        BAD,
    ),
    shape("a body that never comes", |words| words.head("content-length: 100").into_bytes(), Comes::Nothing),
    shape(
        "chunks that never end",
        |words| (words.head("transfer-encoding: chunked") + "1\r\n{\r\n").into_bytes(),
        Comes::Nothing,
    ),
    shape("a body cut short", |words| (words.head("content-length: 100") + "{").into_bytes(), Comes::Cut),
    shape(
        "a promise to send a body",
        |words| words.head("expect: 100-continue\r\ncontent-length: 10").into_bytes(),
        Comes::Status(&[100]),
    ),
    // Bodies that are not messages
    shape("an empty body", |words| words.post("").into_bytes(), BAD),
    shape("half a message", |words| words.post(r#"{"jsonrpc":"2.0","id":"#).into_bytes(), BAD),
    shape(
        "bytes that are no text",
        |words| {
            let mut all = words.head("content-length: 4").into_bytes();
            all.extend([0xff, 0xfe, 0xc0, 0x80]);
            all
        },
        BAD,
    ),
    shape("a batch", |words| words.post(&format!("[{PING},{PING}]")).into_bytes(), BAD),
    shape("a hundred thousand brackets", |words| words.post(&"[".repeat(100_000)).into_bytes(), BAD),
    shape(
        "objects within objects, a hundred thousand deep",
        |words| words.post(&r#"{"a":"#.repeat(100_000)).into_bytes(),
        BAD,
    ),
    shape("an object as id", |words| words.post(r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#).into_bytes(), BAD),
    shape(
        "an unknown method",
        |words| words.post(r#"{"jsonrpc":"2.0","id":1,"method":"system/exec"}"#).into_bytes(),
        Comes::Status(&[200, 404]),
    ),
    shape(
        "an unknown revision of the protocol",
        |words| words.post(PING).replace("host:", "mcp-protocol-version: 1999-01-01\r\nhost:").into_bytes(),
        BAD,
    ),
    // Messages that ask for too much, or for what there is not
    shape("an unknown tool", |words| words.call(r#"{"name":"exec"}"#), Comes::Status(&[200, 400])),
    shape(
        "arguments of the wrong sort",
        |words| words.call(r#"{"name":"list-pods","arguments":{"limit":"all"}}"#),
        ANSWERED,
    ),
    shape(
        "a list as arguments",
        |words| words.call(r#"{"name":"list-pods","arguments":[1]}"#),
        Comes::Status(&[200, 400]),
    ),
    shape(
        "a limit beyond all numbers",
        |words| words.call(r#"{"name":"list-pods","arguments":{"limit":1e999}}"#),
        Comes::Status(&[200, 400]),
    ),
    shape(
        "a name of 900 KB",
        |words| words.call(&format!(r#"{{"name":"list-pods","arguments":{{"namespace":"{}"}}}}"#, "x".repeat(900_000))),
        ANSWERED,
    ),
    shape(
        "a selector of ten thousand terms",
        |words| {
            words.call(&format!(
                r#"{{"name":"list-pods","arguments":{{"label_selector":"{}"}}}}"#,
                "a=b,".repeat(10_000)
            ))
        },
        ANSWERED,
    ),
    shape(
        "somebody's cursor",
        |words| words.call(r#"{"name":"list-pods","arguments":{"cursor":"0123456789abcdef00"}}"#),
        ANSWERED,
    ),
    shape(
        "a resource that leaves its folder",
        |words| {
            words.post(r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"cluster://checks/../../etc"}}"#).into_bytes()
        },
        Comes::Status(&[200, 400, 404]),
    ),
    // Rudeness
    shape("a hundred requests at once on one connection", |words| words.post(PING).repeat(100).into_bytes(), ANSWERED),
    shape(
        "questions whose answers are never read",
        |words| words.call(r#"{"name":"list-findings","arguments":{"limit":50}}"#).repeat(50),
        Comes::Nothing,
    ),
];
