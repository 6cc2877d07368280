//! Faults of connections: before any request is answered, and in the middle of streams.

use std::time::Duration;

use super::{Fault, How, Meanwhile};
use crate::proxy::rule::{Action, Cut, On, Rule};
use crate::proxy::{Gate, Proxy};

pub(super) const ALL: &[Fault] = &[
    gate("connection-refused", "nobody listens any more", |proxy| shut(proxy, Gate::Refuse)),
    gate("connection-reset", "every new connection is reset", |proxy| shut(proxy, Gate::Reset)),
    gate("connection-unanswered", "connections are accepted, and then nothing", |proxy| shut(proxy, Gate::Silent)),
    gate("tls-absent", "plain text answers the TLS handshake", |proxy| shut(proxy, Gate::PlainText)),
    gate("tls-expired", "the API's certificate has expired", |proxy| shut(proxy, Gate::ExpiredCertificate)),
    gate("tls-strangers", "the certificate is of an unknown authority", |proxy| {
        shut(proxy, Gate::StrangersCertificate);
    }),
    Fault {
        id: "streams-reset",
        what: "all open connections are reset once",
        meanwhile: Meanwhile::Follows,
        how: How::Proxy(|proxy| _ = proxy.reset_all()),
    },
    Fault {
        id: "streams-half-closed",
        what: "all open connections are half closed: the server's end stays open",
        meanwhile: Meanwhile::Follows,
        how: How::Proxy(|proxy| _ = proxy.half_close_all()),
    },
    Fault {
        id: "streams-dead",
        what: "all open connections fall silent for ever, and nobody is told",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| _ = proxy.silence_all()),
    },
    Fault {
        id: "streams-short",
        what: "every watch is reset after 2 KB",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| again(proxy, Rule::always(On::Watches, Action::Cut(2048, Cut::Reset)))),
    },
    Fault {
        id: "latency",
        what: "every request waits for 1.5 s",
        meanwhile: Meanwhile::Follows,
        how: How::Proxy(|proxy| again(proxy, Rule::always(On::Everything, Action::Delay(Duration::from_millis(1500))))),
    },
    Fault {
        id: "slow-loris",
        what: "every answer comes in pieces of 16 bytes, five a second",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| {
            again(proxy, Rule::always(On::Everything, Action::Trickle(16, Duration::from_millis(200))));
        }),
    },
];

const fn gate(id: &'static str, what: &'static str, shut: fn(&Proxy)) -> Fault {
    Fault { id, what, meanwhile: Meanwhile::Blind, how: How::Proxy(shut) }
}

fn shut(proxy: &Proxy, gate: Gate) {
    proxy.set_gate(gate);
    proxy.reset_all();
}

/// Everything is asked anew, under the rule.
pub(super) fn again(proxy: &Proxy, rule: Rule) {
    proxy.add([rule]);
    proxy.reset_all();
}
