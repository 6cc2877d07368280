//! Accepting connections, and stopping within a second whatever is still open.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Bounds memory and descriptors; beyond it, new connections wait in the kernel's queue.
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
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, end_streams: CancellationToken) {
    let connections = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Some((stream, slot)) = next_connection(&listener, &slots, &stop).await else { break };
        spawn_connection(stream, slot, router.clone(), &connections);
    }
    drop(listener);
    finish(connections, end_streams).await;
}

async fn next_connection(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = accept(listener, slots) => accepted,
        };
        match accepted {
            Ok(connection) => return Some(connection),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATHER).await;
            }
        }
    }
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, slot))
}

fn spawn_connection(stream: TcpStream, slot: OwnedSemaphorePermit, router: Router, connections: &GracefulShutdown) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(LARGEST_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(slot);
    });
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
