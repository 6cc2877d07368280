//! Accepting connections, and stopping within a second whatever is still open.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::connections::{Connections, Slot};
use super::held::hold;
use super::stall::{PATIENCE, Stall};
use super::tls::{ClientName, Tls};

/// Bounds memory and descriptors; beyond it, a new connection takes the place of one that is less worth keeping.
const MOST_CONNECTIONS: usize = 1024;
/// Also how long an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
const LARGEST_HEADERS: usize = 64 * 1024;
/// After a failed accept, which mostly means that descriptors ran out.
const BREATHER: Duration = Duration::from_millis(50);
/// Requests in flight may finish for this long; then streams are ended, and given a moment to say goodbye.
const DRAIN: Duration = Duration::from_millis(500);
const GOODBYE: Duration = Duration::from_millis(250);

/// Serves until `stop` is cancelled. `end_streams` is then cancelled for the streams that are still open.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Tls>,
    stop: CancellationToken,
    end_streams: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let connections = Connections::new(MOST_CONNECTIONS);
    while let Some((stream, slot)) = next_connection(&listener, &connections, &stop).await {
        let (router, watcher) = (router.clone(), graceful.watcher());
        match tls.clone() {
            None => drop(tokio::spawn(talk(stream, slot, None, router, watcher))),
            Some(tls) => drop(tokio::spawn(async move {
                match tls.accept(stream).await {
                    Ok((stream, name)) => talk(stream, slot, name, router, watcher).await,
                    Err(error) => tracing::debug!(%error, "a TLS connection did not come about"),
                }
            })),
        }
    }
    drop(listener);
    finish(graceful, end_streams).await;
}

async fn next_connection(
    listener: &TcpListener,
    connections: &Arc<Connections>,
    stop: &CancellationToken,
) -> Option<(TcpStream, Slot)> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                // A connection that breaks so early shows when it is used
                let _ = stream.set_nodelay(true);
                match connections.admit(from.ip()) {
                    Some(slot) => return Some((stream, slot)),
                    None => tracing::warn!("a connection is refused: all are busy"),
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                connections.shed();
                tokio::time::sleep(BREATHER).await;
            }
        }
    }
}

async fn talk<S>(stream: S, slot: Slot, client: ClientName, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (cut, peer) = (slot.cut(), slot.peer(client));
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let (answer, busy) = (inner.call(request), slot.busy());
        async move { answer.await.map(|response| response.map(|body| Body::new(hold(body, busy)))) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(LARGEST_HEADERS)
        .serve_connection(TokioIo::new(Stall::new(stream, PATIENCE)), service);
    tokio::select! {
        ended = watcher.watch(connection) => if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        },
        () = cut.cancelled() => tracing::debug!("a connection is cut to make room"),
    }
}

async fn finish(connections: GracefulShutdown, end_streams: CancellationToken) {
    let mut all_closed = std::pin::pin!(connections.shutdown());
    if tokio::time::timeout(DRAIN, &mut all_closed).await.is_err() {
        end_streams.cancel();
        if tokio::time::timeout(GOODBYE, &mut all_closed).await.is_err() {
            tracing::warn!("connections were still open and are cut");
        }
    }
}
