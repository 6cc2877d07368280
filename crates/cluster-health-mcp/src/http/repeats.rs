//! Answers that are given again. A tool that reads the current snapshot and nothing else answers the same question with
//! the same bytes until the next snapshot, so the bytes are kept until then. Everybody's monitoring and every assistant
//! begins with that question.
//!
//! A question is the same when its body is, apart from its id, when the headers the protocol reads are, and when whoever
//! asks may see the same part of the cluster.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, Response, StatusCode};
use cluster_health::visibility::Visibility;
use http_body_util::BodyExt;

use crate::callers::Caller;
use crate::metrics::{Metrics, Outcome};

/// The headers that the protocol compares with the body.
const READ_HEADERS: [&str; 3] = ["mcp-protocol-version", "mcp-method", "mcp-name"];

/// A few questions of a few sorts of callers; an answer is some ten kilobytes.
const KEPT: usize = 64;

/// Which tools answer from the snapshot alone, and which snapshot is current. Cheap to clone.
#[derive(Clone, Default)]
pub struct Repeats {
    shared: Option<Arc<Shared>>,
}

struct Shared {
    tools: &'static [&'static str],
    moment: Box<dyn Fn() -> u64 + Send + Sync>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    moment: u64,
    answers: Vec<(Question, Answer)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    before_id: Bytes,
    after_id: Bytes,
    headers: [Option<HeaderValue>; READ_HEADERS.len()],
    sees: Arc<Visibility>,
}

/// Who asks, as far as it decides the answer.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) headers: &'a HeaderMap,
    /// Without one nothing is kept: it is not known what may be seen.
    pub(super) caller: Option<&'a Caller>,
}

/// An answer without the id of its question.
#[derive(Clone)]
struct Answer {
    before_id: Bytes,
    after_id: Bytes,
    headers: HeaderMap,
}

/// A question whose answer may be kept.
pub(super) struct Asked {
    shared: Arc<Shared>,
    question: Question,
    id: Bytes,
    tool: &'static str,
    /// Taken before anything was answered, so that an answer is never taken for one of a later snapshot.
    moment: u64,
    started: Instant,
}

impl std::fmt::Debug for Repeats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repeats").field("tools", &self.shared.as_ref().map(|shared| shared.tools)).finish()
    }
}

impl Repeats {
    /// `moment` counts the snapshots; it changes after a new one is there, never before.
    pub fn of(tools: &'static [&'static str], moment: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { shared: Some(Arc::new(Shared { tools, moment: Box::new(moment), kept: Mutex::default() })) }
    }

    /// Nothing when the answer has to be worked out and must not be kept. `id` is where the body has its id.
    pub(super) fn asked(
        &self,
        body: &Bytes,
        asker: Asker<'_>,
        method: Option<&str>,
        tool: Option<&str>,
        id: Option<Range<usize>>,
    ) -> Option<Asked> {
        let shared = self.shared.clone()?;
        let tool = shared.tools.iter().copied().find(|known| Some(*known) == tool)?;
        let sees = asker.caller?.sees().clone();
        if method != Some("tools/call") {
            return None;
        }
        let id = id.filter(|id| is_plain(&body[id.clone()]))?;
        let question = Question {
            before_id: body.slice(..id.start),
            after_id: body.slice(id.end..),
            headers: READ_HEADERS.map(|name| asker.headers.get(name).cloned()),
            sees,
        };
        let moment = (shared.moment)();
        Some(Asked { shared, question, id: body.slice(id), tool, moment, started: Instant::now() })
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    /// The answer, if it was given before.
    pub(super) fn repeat(&self, metrics: &Metrics) -> Option<Response<Body>> {
        let answer = {
            let kept = self.shared.kept();
            let known = kept.answers.iter().find(|(question, _)| *question == self.question);
            known.filter(|_| kept.moment == self.moment)?.1.clone()
        };
        let body = [&answer.before_id[..], &self.id, &answer.after_id].concat();
        let mut response = Response::new(Body::from(body));
        *response.headers_mut() = answer.headers;
        metrics.tool_call(self.tool, Outcome::Answered, self.started.elapsed());
        Some(response)
    }

    /// Keeps the answer, if it is one.
    pub(super) async fn keep(self, response: Response<Body>) -> Response<Body> {
        let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
        if response.status() != StatusCode::OK || !is_json {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
            return Response::from_parts(parts, Body::empty());
        };
        // A quote inside of a text would be escaped
        let succeeded = memchr::memmem::find(&body, br#""isError":false"#).is_some();
        if let Some(id) = place_of(&self.id, &body).filter(|_| succeeded && self.moment > 0) {
            let mut headers = parts.headers.clone();
            headers.remove(CONTENT_LENGTH);
            let answer = Answer { before_id: body.slice(..id.start), after_id: body.slice(id.end..), headers };
            let mut kept = self.shared.kept();
            if kept.moment != self.moment {
                *kept = Kept { moment: self.moment, answers: Vec::new() };
            }
            if kept.answers.len() == KEPT {
                kept.answers.remove(0);
            }
            kept.answers.push((self.question, answer));
        }
        Response::from_parts(parts, Body::from(body))
    }
}

/// Ids that every JSON library writes as it read them.
fn is_plain(id: &[u8]) -> bool {
    const LONGEST: usize = 64;
    let inner = id.strip_prefix(b"\"").and_then(|id| id.strip_suffix(b"\""));
    let is_number =
        !id.is_empty() && id.len() < 16 && id.iter().all(u8::is_ascii_digit) && (id.len() == 1 || id[0] != b'0');
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    is_number || inner.is_some_and(|inner| inner.len() <= LONGEST && inner.iter().all(plain))
}

/// Where the protocol library writes the id of an answer.
fn place_of(id: &[u8], body: &[u8]) -> Option<Range<usize>> {
    const START: &[u8] = br#"{"jsonrpc":"2.0","id":"#;
    let rest = body.strip_prefix(START)?.strip_prefix(id)?;
    rest.starts_with(b",").then_some(START.len()..START.len() + id.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_that_are_written_as_they_are_read_are_put_into_another_answer() {
        for id in ["0", "17", "\"a-1\"", "\"\""] {
            assert!(is_plain(id.as_bytes()), "{id}");
        }
        for id in ["", "01", "1.0", "-1", "1e3", "null", "\"a\\n\"", "\"\u{e9}\"", "12345678901234567890"] {
            assert!(!is_plain(id.as_bytes()), "{id}");
        }
        assert_eq!(place_of(b"7", br#"{"jsonrpc":"2.0","id":7,"result":{}}"#), Some(22..23));
        assert_eq!(place_of(b"7", br#"{"jsonrpc":"2.0","id":77,"result":{}}"#), None);
        assert_eq!(place_of(b"7", br#"{"id":7}"#), None);
    }
}
