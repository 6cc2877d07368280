//! One connection of a client: through the gate, TLS, then requests one after the other.

use std::convert::Infallible;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING,
};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, Socket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use super::rule::{Action, Asked};
use super::{Gate, Shared, body, lock};

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// An open connection, for those who break it from outside.
#[derive(Debug)]
pub(super) struct Live {
    socket: Socket,
    serving: AbortHandle,
    silent: watch::Sender<bool>,
}

impl Live {
    pub(super) fn reset(&self) {
        // Closing with unsent time of zero sends a reset
        let _ = self.socket.set_linger(Some(Duration::ZERO));
        self.serving.abort();
    }

    pub(super) fn silence(&self) {
        self.silent.send_replace(true);
    }

    pub(super) fn half_close(&self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

/// Takes itself off the list, however the connection ends.
struct Listed {
    id: u64,
    shared: Arc<Shared>,
}

impl Drop for Listed {
    fn drop(&mut self) {
        lock(&self.shared.live).remove(&self.id);
    }
}

pub(super) fn spawn(stream: TcpStream, id: u64, gate: Gate, shared: Arc<Shared>) {
    let Ok(socket) = SockRef::from(&stream).try_clone() else { return };
    let _ = stream.set_nodelay(true);
    if gate == Gate::Reset {
        let _ = socket.set_linger(Some(Duration::ZERO));
        return;
    }
    let silent = watch::Sender::new(false);
    let hears = silent.subscribe();
    // Listed before it can end
    let mut live = lock(&shared.live);
    let listed = Listed { id, shared: shared.clone() };
    let serving = tokio::spawn(async move {
        let listed = listed;
        // How a connection ends is the client's business
        let _ = serve(stream, gate, &listed, hears).await;
    });
    live.insert(id, Live { socket, serving: serving.abort_handle(), silent });
}

async fn serve(mut stream: TcpStream, gate: Gate, listed: &Listed, silent: watch::Receiver<bool>) -> io::Result<()> {
    let shared = &listed.shared;
    let certificates = &shared.certificates;
    let tls = match gate {
        Gate::Open => certificates.good(),
        Gate::ExpiredCertificate => certificates.expired(),
        Gate::StrangersCertificate => certificates.stranger(),
        Gate::Refuse | Gate::Reset => return Ok(()),
        Gate::Silent => {
            // Until the client gives up
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            return Ok(());
        }
        Gate::PlainText => {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\nthis is not TLS\n").await?;
            return stream.shutdown().await;
        }
    };
    let stream = TlsAcceptor::from(tls).accept(stream).await?;
    let answer = service_fn(|request| answer(request, listed.id, shared.clone(), silent.clone()));
    hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await
        .map_err(io::Error::other)
}

async fn answer(
    request: Request<Incoming>,
    id: u64,
    shared: Arc<Shared>,
    silent: watch::Receiver<bool>,
) -> io::Result<Response<Body>> {
    let asked = Asked::new(request.method().as_str(), request.uri());
    lock(&shared.asked).push(asked.clone());
    let rule = shared.rule(&asked);
    match rule.as_ref().map(|rule| &rule.action) {
        Some(Action::Delay(delay)) => tokio::time::sleep(*delay).await,
        Some(Action::Answer { status, retry_after, body }) => return instead(*status, *retry_after, body),
        Some(Action::Never) => std::future::pending().await,
        Some(Action::Silence) => return Ok(Response::new(body::silence())),
        Some(Action::Reset) => {
            reset(&shared, id);
            std::future::pending::<()>().await;
        }
        _ => {}
    }
    // What is to be changed must not be compressed, which API servers do even with watches
    let rewrites = matches!(rule.as_deref(), Some(rule) if matches!(rule.action, Action::Rewrite(_)));
    let plain = rewrites || (asked.watch && shared.edits());
    let answer = shared.client.request(upstream(request, &shared.upstream, plain).await?).await;
    let (mut head, incoming) = answer.map_err(io::Error::other)?.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(TRANSFER_ENCODING);
    let reset = {
        let shared = shared.clone();
        move || reset(&shared, id)
    };
    let by_line = asked.watch && !head.headers.contains_key(CONTENT_ENCODING);
    Ok(Response::from_parts(head, body::pass(incoming, asked, by_line, rule, shared, silent, reset)))
}

fn reset(shared: &Shared, id: u64) {
    if let Some(live) = lock(&shared.live).remove(&id) {
        live.reset();
    }
}

/// The same request for the API server.
async fn upstream(request: Request<Incoming>, base: &str, plain: bool) -> io::Result<Request<Full<Bytes>>> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    head.uri = format!("{base}{target}").parse().map_err(io::Error::other)?;
    head.headers.remove(HOST);
    if plain {
        head.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    if let Some(authorization) = head.headers.get_mut(AUTHORIZATION) {
        authorization.set_sensitive(true);
    }
    Ok(Request::from_parts(head, Full::new(body)))
}

fn instead(status: u16, retry_after: Option<u32>, body: &'static str) -> io::Result<Response<Body>> {
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    let body = Full::new(Bytes::from_static(body.as_bytes())).map_err(|never: Infallible| match never {});
    response.body(body.boxed_unsync()).map_err(io::Error::other)
}
