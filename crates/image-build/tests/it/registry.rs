//! A registry on loopback that remembers what it was asked, and fails where a test wants it to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use image_build::digest::Digest;

use crate::server::{self, Answer, Request};

pub(crate) const TOKEN: &str = "Bearer let-me-in";
/// `user:password`.
pub(crate) const BASIC: &str = "Basic dXNlcjpwYXNzd29yZA==";

#[derive(Default)]
pub(crate) struct State {
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    pub(crate) manifests: BTreeMap<String, Vec<u8>>,
    /// Method and what it is about, in the order of requests that changed something.
    pub(crate) log: Vec<String>,
    pub(crate) upload: Vec<u8>,
    /// Keep only so much of the next piece, and say nothing.
    pub(crate) break_off_after: Option<usize>,
    /// Answer so many requests with 503.
    pub(crate) busy: usize,
    /// Want a token, that wants a password.
    pub(crate) guarded: bool,
    /// Know what refers to what.
    pub(crate) knows_referrers: bool,
    pub(crate) address: Option<SocketAddr>,
}

pub(crate) struct Registry {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) repository: String,
}

impl Registry {
    pub(crate) fn start(state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let served = state.clone();
        let address = server::serve(move |request| served.lock().unwrap().answer(request));
        state.lock().unwrap().address = Some(address);
        Self { state, repository: format!("{address}/example/tiny") }
    }

    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Answer {
        if self.busy > 0 {
            self.busy -= 1;
            return Answer::status(503);
        }
        let authorization = request.headers.get("authorization").map(String::as_str);
        if request.target.starts_with("/token") {
            assert!(request.target.contains("scope=repository:example/tiny:pull,push"), "{}", request.target);
            return match authorization {
                Some(BASIC) => Answer::ok(r#"{"token":"let-me-in"}"#),
                _ => Answer::status(401),
            };
        }
        if self.guarded && authorization != Some(TOKEN) {
            let realm = format!("Bearer realm=\"http://{}/token\",service=\"tiny\"", self.address.unwrap());
            return Answer::status(401).header("www-authenticate", realm);
        }
        let path = request.target.strip_prefix("/v2/example/tiny/").unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match (request.method.as_str(), path.split('/').collect::<Vec<_>>().as_slice()) {
            ("HEAD", ["blobs", digest]) => Answer::status(if self.blobs.contains_key(*digest) { 200 } else { 404 }),
            ("POST", ["blobs", "uploads", ""]) => {
                self.upload.clear();
                self.log.push("start".to_owned());
                self.accepted()
            }
            ("PATCH", ["blobs", "uploads", "1"]) => self.piece(request),
            ("GET", ["blobs", "uploads", "1"]) => {
                let range = format!("0-{}", self.upload.len().saturating_sub(1));
                Answer { status: 204, ..self.accepted() }.header("range", range)
            }
            ("PUT", ["blobs", "uploads", "1"]) => self.finish(query),
            ("PUT", ["manifests", reference]) => self.manifest(reference, request),
            ("GET", ["manifests", reference]) => {
                self.manifests.get(*reference).map_or(Answer::status(404), |content| Answer::ok(content.clone()))
            }
            other => panic!("not a request of the specification: {other:?}"),
        }
    }

    fn accepted(&self) -> Answer {
        Answer::status(202).header("location", "/v2/example/tiny/blobs/uploads/1?state=x")
    }

    fn piece(&mut self, request: &Request) -> Answer {
        let start: usize = request.headers["content-range"].split('-').next().unwrap().parse().unwrap();
        assert_eq!(start, self.upload.len(), "a piece that does not follow");
        if let Some(kept) = self.break_off_after.take() {
            self.upload.extend_from_slice(&request.body[..kept]);
            self.log.push("broke off".to_owned());
            return Answer { silent: true, ..Answer::default() };
        }
        self.upload.extend_from_slice(&request.body);
        self.log.push(format!("piece from {start}"));
        self.accepted()
    }

    fn finish(&mut self, query: &str) -> Answer {
        let digest = query.rsplit_once("digest=").unwrap().1;
        assert_eq!(Digest::of(&self.upload).oci(), digest);
        self.blobs.insert(digest.to_owned(), std::mem::take(&mut self.upload));
        self.log.push("blob".to_owned());
        Answer::status(201)
    }

    fn manifest(&mut self, reference: &str, request: &Request) -> Answer {
        let value: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        for blob in value["layers"].as_array().into_iter().flatten().chain(value.get("config")) {
            assert!(self.blobs.contains_key(blob["digest"].as_str().unwrap()), "a manifest before its blobs");
        }
        let digest = Digest::of(&request.body).oci();
        self.manifests.insert(reference.to_owned(), request.body.clone());
        self.manifests.insert(digest.clone(), request.body.clone());
        self.log.push(if reference == digest { "manifest".to_owned() } else { format!("tag {reference}") });
        let answer = Answer::status(201).header("docker-content-digest", digest);
        match value["subject"]["digest"].as_str() {
            Some(subject) if self.knows_referrers => answer.header("oci-subject", subject),
            _ => answer,
        }
    }
}
