//! Faults of what watches say: lines that are cut, garbled, doubled, out of order, strange, or far too long.

use hyper::body::Bytes;

use super::connections::again;
use super::{Fault, How, Meanwhile};
use crate::proxy::Proxy;
use crate::proxy::rule::{Action, On, Rule};

/// Longer than any object can be.
const HUGE: usize = 32 << 20;

pub(super) const ALL: &[Fault] = &[
    Fault {
        id: "events-truncated",
        what: "the next 40 watch events end in the middle",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| edit(proxy, 40, |line| vec![part(line, line.len() / 2), Bytes::from_static(b"\n")])),
    },
    Fault {
        id: "events-garbled",
        what: "the next 40 watch events are noise",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| edit(proxy, 40, |line| vec![noise(line)])),
    },
    Fault {
        id: "events-not-utf8",
        what: "the next 40 watch events hold bytes that are no UTF-8, inside a text",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| edit(proxy, 40, |line| vec![not_utf8(line)])),
    },
    Fault {
        id: "events-doubled",
        what: "every watch event comes twice",
        meanwhile: Meanwhile::Follows,
        how: How::Proxy(|proxy| edit(proxy, usize::MAX, |line| vec![line.to_vec().into(), line.to_vec().into()])),
    },
    Fault {
        id: "events-unknown",
        what: "events of a type nobody knows come between",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| {
            edit(proxy, 40, |line| {
                vec![Bytes::from_static(b"{\"type\":\"SURPRISE\",\"object\":{}}\n"), line.to_vec().into()]
            });
        }),
    },
    Fault {
        id: "events-without-object",
        what: "events without an object, or with null, come between",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| {
            edit(proxy, 40, |line| {
                let strange = b"{\"type\":\"MODIFIED\"}\n{\"type\":\"MODIFIED\",\"object\":null}\n";
                vec![Bytes::from_static(strange), line.to_vec().into()]
            });
        }),
    },
    Fault {
        id: "bookmarks-out-of-order",
        what: "a bookmark of long ago follows every event, then all streams are reset",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| {
            edit(proxy, 200, |line| {
                let old = b"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}\n";
                vec![line.to_vec().into(), Bytes::from_static(old)]
            });
        }),
    },
    Fault {
        id: "errors-in-streams",
        what: "the next 40 events are errors with code 500",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| edit(proxy, 40, |_| vec![Bytes::from_static(ERROR_500)])),
    },
    Fault {
        id: "relist-storm",
        what: "every event is an error with code 410, so that every kind has to be listed again and again",
        meanwhile: Meanwhile::Blind,
        how: How::Proxy(|proxy| edit(proxy, usize::MAX, |_| vec![Bytes::from_static(ERROR_410)])),
    },
    Fault {
        id: "event-of-32-mib",
        what: "the next watch events are preceded by a line of 32 MiB",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| edit(proxy, 2, |line| vec![huge(), line.to_vec().into()])),
    },
];

const ERROR_500: &[u8] =
    b"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\
    \"message\":\"etcdserver: no leader\",\"reason\":\"InternalError\",\"code\":500}}\n";
const ERROR_410: &[u8] =
    b"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\
    \"message\":\"too old resource version: 1 (2)\",\"reason\":\"Expired\",\"code\":410}}\n";

fn edit(proxy: &Proxy, times: usize, edit: fn(&[u8]) -> Vec<Bytes>) {
    again(proxy, Rule::times(times, On::Watches, Action::Edit(edit)));
}

fn part(line: &[u8], length: usize) -> Bytes {
    Bytes::copy_from_slice(&line[..length])
}

/// As long as the line, and still one line.
fn noise(line: &[u8]) -> Bytes {
    let mut noise: Vec<u8> =
        line.iter().enumerate().map(|(at, byte)| byte.wrapping_mul(31) ^ (at % 251) as u8).collect();
    noise.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = 0);
    noise.push(b'\n');
    noise.into()
}

fn not_utf8(line: &[u8]) -> Bytes {
    let at = line.windows(8).position(|part| part == b"\"name\":\"").map_or(line.len() / 2, |at| at + 8);
    [&line[..at], b"\xff\xfe\x80", &line[at..]].concat().into()
}

fn huge() -> Bytes {
    let mut line = br#"{"type":"MODIFIED","object":{"metadata":{"name":"huge","annotations":{"x":""#.to_vec();
    line.resize(HUGE, b'x');
    line.extend_from_slice(b"\"}}}}\n");
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_stays_one_line() {
        let line = br#"{"type":"ADDED","object":{"metadata":{"name":"a"}}}"#;
        for broken in [noise(line), not_utf8(b"{\"metadata\":{\"name\":\"a\"}}\n"), huge()] {
            assert_eq!(broken.iter().filter(|byte| **byte == b'\n').count(), 1);
            assert!(broken.ends_with(b"\n"));
        }
        assert!(std::str::from_utf8(&not_utf8(line)).is_err());
        assert!(huge().len() > HUGE);
    }
}
