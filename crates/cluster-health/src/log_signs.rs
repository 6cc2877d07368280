//! What the last lines of a container's log give away, by typed patterns: evidence beside what the objects say, and
//! never more. A tenant writes logs, so no verdict, severity or order depends on them, and what they name is shown as
//! untrusted text unless it is the name of something that is there.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::name::Name;
use crate::ordered::Ordered;

/// A kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    ConnectionRefused,
    UnknownHost,
    TimedOut,
    AccessDenied,
    CertificateExpired,
    CertificateNotTrusted,
    ReadOnlyFileSystem,
    DiskFull,
    PortInUse,
    MissingFile,
    MissingVariable,
    OutOfMemory,
}

impl Sign {
    pub const fn words(self) -> &'static str {
        match self {
            Sign::ConnectionRefused => "a connection is refused",
            Sign::UnknownHost => "a host name is not resolved",
            Sign::TimedOut => "something does not answer in time",
            Sign::AccessDenied => "a user or password is refused",
            Sign::CertificateExpired => "a certificate has expired",
            Sign::CertificateNotTrusted => "a certificate is not trusted",
            Sign::ReadOnlyFileSystem => "the file system cannot be written to",
            Sign::DiskFull => "no space is left on a disk",
            Sign::PortInUse => "a port is in use already",
            Sign::MissingFile => "a file is missing",
            Sign::MissingVariable => "an environment variable is missing",
            Sign::OutOfMemory => "the application runs out of memory",
        }
    }
}

/// What programs of all languages write, in lower case. The first that fits a line counts.
const SIGNS: &[(Sign, &[&str])] = &[
    (
        Sign::ConnectionRefused,
        &["connection refused", "econnrefused", "connectexception", "could not connect to server"],
    ),
    (
        Sign::UnknownHost,
        &[
            "no such host",
            "unknownhostexception",
            "name or service not known",
            " enotfound",
            "could not resolve host",
            "temporary failure in name resolution",
            "could not translate host name",
        ],
    ),
    (
        Sign::CertificateExpired,
        &["certificate has expired", "certificate expired", "certificateexpiredexception", "not yet valid"],
    ),
    (
        Sign::CertificateNotTrusted,
        &[
            "certificate signed by unknown authority",
            "self signed certificate",
            "self-signed certificate",
            "unable to get local issuer",
            "pkix path building failed",
            "certificate verify failed",
        ],
    ),
    (
        Sign::AccessDenied,
        &[
            "password authentication failed",
            "access denied for user",
            "authentication failed",
            "invalid username or password",
            "noauth authentication required",
            "wrongpass",
            "permission denied for",
            "401 unauthorized",
            "403 forbidden",
        ],
    ),
    (Sign::ReadOnlyFileSystem, &["read-only file system", "erofs"]),
    (Sign::DiskFull, &["no space left on device", "enospc", "disk quota exceeded"]),
    (Sign::PortInUse, &["address already in use", "eaddrinuse", "port is already allocated"]),
    (
        Sign::OutOfMemory,
        &["java.lang.outofmemoryerror", "javascript heap out of memory", "cannot allocate memory", "memoryerror"],
    ),
    (
        Sign::MissingVariable,
        &[
            "environment variable is not set",
            "missing environment variable",
            "required environment variable",
            "missing required environment",
            "env var not set",
        ],
    ),
    (
        Sign::MissingFile,
        &["no such file or directory", "enoent", "filenotfoundexception", "filenotfounderror", "permission denied"],
    ),
    (Sign::TimedOut, &["i/o timeout", "connection timed out", "etimedout", "deadline exceeded", "read timed out"]),
];

/// A sign in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    pub sign: Sign,
    /// In how many of the lines looked at.
    pub lines: u32,
    /// The host the newest of these lines names; untrusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Box<str>>,
}

/// By namespace, pod and container.
pub type Logs = BTreeMap<(Name, Name, Name), Box<[Seen]>>;

/// The last lines of a log say how it ended.
const LINES: usize = 60;
/// Lines longer than this are dumps.
const LINE_BYTES: usize = 2_000;
const HOST_CHARS: usize = 120;

/// The signs in the last lines of a log, the most frequent first.
pub fn signs(tail: &str) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    for line in tail.lines().rev().take(LINES).filter(|line| line.len() <= LINE_BYTES) {
        let lower = line.to_ascii_lowercase();
        let Some(sign) = sign(&lower) else { continue };
        let host = || host(&lower).map(|host| crate::untrusted::clean(host, HOST_CHARS).into_boxed_str());
        match seen.iter_mut().find(|known| known.sign == sign) {
            Some(known) => {
                known.lines += 1;
                if known.host.is_none() {
                    known.host = host();
                }
            }
            None => seen.push(Seen { sign, lines: 1, host: host() }),
        }
    }
    seen.put_in_order_by_key(|seen| (std::cmp::Reverse(seen.lines), seen.sign));
    seen
}

/// The sign of a single text.
pub fn sign_of(text: &str) -> Option<Sign> {
    sign(&text.to_ascii_lowercase())
}

fn sign(line: &str) -> Option<Sign> {
    SIGNS.iter().find(|(_, patterns)| patterns.iter().any(|pattern| line.contains(pattern))).map(|(sign, _)| *sign)
}

/// The first word of a line that is written like `host:port`, `lookup host` or a URL.
fn host(line: &str) -> Option<&str> {
    let words: Vec<&str> =
        line.split([' ', '"', '\'', '(', ')', ',', '=', '[', ']']).filter(|word| !word.is_empty()).collect();
    let after = |lead: &str| words.iter().position(|word| *word == lead).and_then(|at| words.get(at + 1).copied());
    let address = words.iter().copied().find_map(|word| {
        let word = word.split_once("://").map_or(word, |(_, rest)| rest);
        let word = word.rsplit('@').next()?;
        let (host, port) = word.trim_end_matches([':', '.', ';']).split_once(':')?;
        let port = port.split('/').next()?;
        (port.parse::<u16>().is_ok() && is_host(host)).then_some(host)
    });
    let named = address.or_else(|| after("lookup")).or_else(|| after("host:")).or_else(|| after("host"));
    named.map(|host| host.trim_end_matches([':', '.', ';'])).filter(|host| is_host(host))
}

/// A DNS name with a letter in it; a time such as `12:30` has none.
fn is_host(text: &str) -> bool {
    text.len() <= 253
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::{Sign, signs};

    #[test]
    fn lines_of_many_languages_are_told_apart() {
        for (line, sign, host) in [
            ("dial tcp 172.30.1.4:5432: connect: connection refused", Sign::ConnectionRefused, None),
            (
                "psycopg2.OperationalError: connection to server at orders-db:5432 failed: Connection refused",
                Sign::ConnectionRefused,
                Some("orders-db"),
            ),
            ("Error: connect ECONNREFUSED redis.shop.svc:6379", Sign::ConnectionRefused, Some("redis.shop.svc")),
            ("dial tcp: lookup orders-dbb on 172.30.0.10:53: no such host", Sign::UnknownHost, Some("orders-dbb")),
            ("java.net.UnknownHostException: kafka", Sign::UnknownHost, None),
            ("FATAL: password authentication failed for user \"app\"", Sign::AccessDenied, None),
            ("x509: certificate has expired or is not yet valid", Sign::CertificateExpired, None),
            ("open /data/x: read-only file system", Sign::ReadOnlyFileSystem, None),
            ("write /var/lib/x: no space left on device", Sign::DiskFull, None),
            ("listen tcp :8080: bind: address already in use", Sign::PortInUse, None),
            ("FileNotFoundError: [Errno 2] No such file or directory: '/etc/app/config.yaml'", Sign::MissingFile, None),
        ] {
            let seen = signs(line);
            assert_eq!(seen.len(), 1, "{line}: {seen:?}");
            assert_eq!((seen[0].sign, seen[0].host.as_deref()), (sign, host), "{line}");
        }
        assert!(signs("12:30:01 INFO started in 3.2 s\nGET /healthz 200").is_empty());
    }

    #[test]
    fn the_most_frequent_comes_first_and_old_lines_do_not_count() {
        let old = "no space left on device\n".repeat(10) + &"fine\n".repeat(60);
        assert!(signs(&old).is_empty());
        let seen = signs("timeout: i/o timeout\nx: connection refused\ny: connection refused\n");
        assert_eq!((seen[0].sign, seen[0].lines, seen[1].sign), (Sign::ConnectionRefused, 2, Sign::TimedOut));
    }
}
