//! Faults that are there when the server starts: it serves at once, and says what it does not know.

use super::{Fault, How, Meanwhile};
use crate::proxy::Gate;

pub(super) const ALL: &[Fault] = &[
    start("start-refused", "the server starts while nobody listens at the API's address", Gate::Refuse),
    start("start-unanswered", "the server starts while the API accepts connections and never answers", Gate::Silent),
    start("start-reset", "the server starts while the API resets every connection", Gate::Reset),
    start(
        "start-strangers",
        "the server starts while the API shows a stranger's certificate",
        Gate::StrangersCertificate,
    ),
];

const fn start(id: &'static str, what: &'static str, gate: Gate) -> Fault {
    Fault { id, what, meanwhile: Meanwhile::Blind, how: How::Start(gate) }
}
