//! One request in, one answer out.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response};
use tokio::sync::mpsc;

use super::behaviour::Behaviour;
use super::body::Answer;
use super::counts::Seen;
use super::listing::{self, Packer, Wanted};
use super::query::Query;
use super::status::Status;
use super::table::table;
use super::target::{Target, target};
use super::watching::Watch;
use super::{Shared, concerns, discovery, review};
use crate::resources::Resource;

const JSON: &str = "application/json";

/// Chunks between the maker of a stream and its connection.
const AHEAD: usize = 4;

pub(super) async fn respond(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Answer>, Infallible> {
    let (parts, body) = request.into_parts();
    let query = Query::new(parts.uri.query());
    let target = target(parts.uri.path());
    let sort = sort(&parts.method, &target, &query);
    let header = |name| text(&parts.headers, name).to_owned();
    let line = format!("{} {}", parts.method, parts.uri);
    let seen = Seen { line, authorization: header(AUTHORIZATION), user_agent: header(USER_AGENT) };
    shared.counts.request(&sort, seen);
    let behaviour = shared.behaviour().clone();
    tokio::time::sleep(behaviour.latency).await;
    if behaviour.silent {
        pending::<()>().await;
    }
    let asked = Asked { shared: &shared, headers: &parts.headers, query: &query, sort: &sort, behaviour: &behaviour };
    let answer = match (&parts.method, target) {
        (&Method::GET, Target::Root(path)) => asked.root(path),
        (&Method::POST, Target::Review(which)) => asked.review(which, body).await,
        (&Method::GET, Target::Collection { resource, namespace }) => asked.collection(resource, namespace),
        (&Method::GET, Target::Object { resource, namespace, name }) => asked.object(resource, namespace, name),
        (&Method::GET, Target::Log { resource, namespace, name }) => asked.log(resource, namespace, name),
        (_, Target::Nothing) => Err(Status::no_such_path()),
        _ => Err(Status::new(405, "MethodNotAllowed", "the fake can only be read over HTTP")),
    };
    Ok(answer.unwrap_or_else(|status| asked.refuse(&status)))
}

/// How the request is counted.
fn sort(method: &Method, target: &Target<'_>, query: &Query) -> String {
    match target {
        Target::Root(path) => format!("get {path}"),
        Target::Review(which) => format!("create {which}"),
        Target::Collection { resource, .. } if query.is_set("watch") => format!("watch {}", resource.plural),
        Target::Collection { resource, .. } if method == Method::GET => format!("list {}", resource.plural),
        Target::Object { resource, .. } | Target::Collection { resource, .. } => {
            format!("{} {}", method.as_str().to_lowercase(), resource.plural)
        }
        Target::Log { .. } => "get pods/log".to_owned(),
        Target::Nothing => "get an unknown path".to_owned(),
    }
}

fn text(headers: &HeaderMap, name: hyper::header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A request with all that decides its answer.
struct Asked<'a> {
    shared: &'a Arc<Shared>,
    headers: &'a HeaderMap,
    query: &'a Query,
    sort: &'a str,
    behaviour: &'a Behaviour,
}

type Answered = Result<Response<Answer>, Status>;

impl Asked<'_> {
    fn root(&self, path: &str) -> Answered {
        let (value, media_type) = discovery::root(path, text(self.headers, ACCEPT), self.behaviour)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(self.whole(200, media_type.unwrap_or(JSON), text))
    }

    async fn review(&self, which: &str, body: Incoming) -> Answered {
        if self.behaviour.reviews_forbidden {
            return Err(Status::new(403, "Forbidden", format!("{which}.authorization.k8s.io is forbidden")));
        }
        let body = body.collect().await.map_err(|_| Status::bad_request("the body was cut off"))?.to_bytes();
        let review = review::review(which, &body, self.behaviour);
        let review = review.ok_or_else(|| Status::bad_request("the fake reads JSON and protobuf only"))?;
        Ok(self.whole(201, JSON, review.to_string()))
    }

    /// What may come before any read of a resource.
    fn gate(&self, resource: &'static Resource, what: &str, namespace: Option<&str>) -> Result<(), Status> {
        if self.behaviour.unserved.contains(resource.plural) {
            return Err(Status::no_such_path());
        }
        let verb = self.sort.split(' ').next().unwrap_or("get");
        if self.behaviour.forbids(verb, what, namespace) {
            return Err(Status::forbidden(verb, what, resource, namespace));
        }
        let mut behaviour = self.shared.behaviour();
        let refusals = behaviour.refusals.iter_mut();
        let mut refusals = refusals.filter(|(plural, refusal)| concerns(plural, resource) && refusal.times > 0);
        match refusals.next() {
            Some((_, refusal)) => {
                refusal.times -= 1;
                Err(Status::refusal(refusal.status, refusal.retry_after_seconds))
            }
            None => Ok(()),
        }
    }

    fn collection(&self, resource: &'static Resource, namespace: Option<&str>) -> Answered {
        self.gate(resource, resource.plural, namespace)?;
        let selector = self.query.selector().map_err(|badly| Status::bad_request(badly.0))?;
        let wanted = Wanted { resource, namespace: namespace.map(str::to_owned), selector };
        if self.query.is_set("watch") { self.watch(wanted) } else { self.list(&wanted) }
    }

    fn watch(&self, wanted: Wanted) -> Answered {
        let (to, body) = mpsc::channel(AHEAD);
        let watch = Watch::new(self.shared, wanted, self.query, to)?;
        tokio::spawn(watch.run(self.shared.clone()));
        Ok(self.stream(body, None))
    }

    fn list(&self, wanted: &Wanted) -> Answered {
        let after = self.query.get("continue").filter(|token| !token.is_empty());
        if after.is_some() && self.shared.behaviour().expires_continue() {
            return Err(Status::expired());
        }
        let asked_limit = self.query.number("limit").map_or(usize::MAX, |limit| limit as usize);
        // An API server with a watch cache ignores the limit of a list at "any version"
        let limit = if self.query.get("resourceVersion") == Some("0") { usize::MAX } else { asked_limit };
        let limit = limit.min(self.behaviour.largest_page);
        let page = listing::page(self.shared, wanted, after, limit)?;
        if text(self.headers, ACCEPT).contains("as=Table") {
            return Ok(self.whole(200, JSON, table(self.shared, wanted.resource, &page)));
        }
        let accepts_gzip = self.behaviour.gzip && text(self.headers, ACCEPT_ENCODING).contains("gzip");
        let compress = accepts_gzip && Packer::is_worth_it(self.shared, wanted.resource, &page);
        let (packer, encoding) = if compress { (Packer::gzip(), Some("gzip")) } else { (Packer::Plain, None) };
        let (to, body) = mpsc::channel(AHEAD);
        tokio::spawn(listing::stream(self.shared.clone(), wanted.resource, page, to, packer));
        Ok(self.stream(body, encoding))
    }

    fn object(&self, resource: &'static Resource, namespace: &str, name: &str) -> Answered {
        self.gate(resource, resource.plural, Some(namespace))?;
        let tail = self.shared.store().object(resource.plural, namespace, name);
        let tail = tail.or_else(|| listing::made(self.shared, resource, namespace, name));
        let tail = tail.ok_or_else(|| Status::not_found(&format!("{} \"{name}\"", resource.plural)))?;
        Ok(self.whole(200, JSON, [resource.header().as_bytes(), &tail].concat()))
    }

    fn log(&self, resource: &'static Resource, namespace: &str, name: &str) -> Answered {
        self.gate(resource, "pods/log", Some(namespace))?;
        let who = text(self.headers, AUTHORIZATION);
        if self.behaviour.log_readers.as_ref().is_some_and(|readers| !readers.contains(who)) {
            return Err(Status::new(403, "Forbidden", format!("pods \"{name}\" is forbidden: may not get pods/log")));
        }
        let container = self.query.get("container").unwrap_or_default();
        let log = self.shared.store().log(namespace, name, container, self.query.is_set("previous"));
        let message = format!("container \"{container}\" in pod \"{name}\" has no such log");
        let log = log.ok_or_else(|| Status::bad_request(message))?;
        let lines: Vec<&str> = log.split_inclusive('\n').collect();
        let wanted = self.query.number("tailLines").map_or(lines.len(), |lines| lines as usize);
        let mut tail = lines[lines.len().saturating_sub(wanted)..].concat().into_bytes();
        tail.truncate(self.query.number("limitBytes").map_or(usize::MAX, |bytes| bytes as usize));
        Ok(self.whole(200, "text/plain", tail))
    }

    fn refuse(&self, status: &Status) -> Response<Answer> {
        let mut response = self.whole(status.code, JSON, status.to_json().to_string());
        if let Some(seconds) = status.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    fn whole(&self, status: u16, media_type: &'static str, bytes: impl Into<Bytes>) -> Response<Answer> {
        let mut response = Response::new(Answer::whole(bytes, &self.shared.counts, self.sort));
        *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::OK);
        response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(media_type));
        response
    }

    fn stream(&self, body: mpsc::Receiver<io::Result<Bytes>>, encoding: Option<&'static str>) -> Response<Answer> {
        let mut response = Response::new(Answer::stream(body, &self.shared.counts, self.sort));
        response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(JSON));
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, hyper::header::HeaderValue::from_static(encoding));
        }
        response
    }
}
