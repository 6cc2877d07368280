//! The connections that are open, and which of them has to go when there are too many: somebody who says nothing, or
//! whom nobody knows, before somebody whose question is being answered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::tls::ClientName;
use crate::callers::Sender;

pub(super) struct Connections {
    most: usize,
    began: Instant,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    count: AtomicU64,
}

struct Connection {
    from: IpAddr,
    /// Requests that are being answered.
    busy: AtomicU32,
    /// When it last did something, in milliseconds.
    active: AtomicU64,
    known: AtomicBool,
    cut: CancellationToken,
}

/// One open connection; closed with the last of its requests.
pub(super) struct Slot {
    connections: Arc<Connections>,
    id: u64,
    connection: Arc<Connection>,
}

/// Where a request comes from. Cheap to clone.
#[derive(Clone)]
pub(super) struct Peer {
    connection: Arc<Connection>,
    client: ClientName,
}

/// Held while a request is being answered.
pub(super) struct Busy {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, began: Instant::now(), open: Mutex::default(), count: AtomicU64::new(0) })
    }

    /// A place for a new connection; another loses its own when there is none. Nothing when all are busy with callers who
    /// are known.
    pub(super) fn admit(self: &Arc<Self>, from: IpAddr) -> Option<Slot> {
        let id = self.count.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection {
            from,
            busy: AtomicU32::new(0),
            active: AtomicU64::new(self.now()),
            known: AtomicBool::new(false),
            cut: CancellationToken::new(),
        });
        let mut open = self.lock();
        if open.len() >= self.most {
            let (&victim, _) = open.iter().min_by_key(|(_, one)| one.worth())?;
            if open.get(&victim).is_some_and(|one| one.is_busy() && one.known.load(Ordering::Relaxed)) {
                return None;
            }
            if let Some(victim) = open.remove(&victim) {
                victim.cut.cancel();
            }
        }
        open.insert(id, connection.clone());
        drop(open);
        Some(Slot { connections: self.clone(), id, connection })
    }

    /// Makes room after descriptors ran out.
    pub(super) fn shed(&self) {
        let mut open = self.lock();
        let victim = open.iter().filter(|(_, one)| !one.is_busy()).min_by_key(|(_, one)| one.worth());
        if let Some(victim) = victim.map(|(id, _)| *id).and_then(|id| open.remove(&id)) {
            victim.cut.cancel();
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }

    /// The least goes first.
    fn worth(&self) -> (bool, bool, u64) {
        let known = self.known.load(Ordering::Relaxed);
        // Being busy protects only those who have said who they are from those who have not
        (known && self.is_busy(), known || self.is_busy(), self.active.load(Ordering::Relaxed))
    }
}

impl Slot {
    /// Cancelled when the connection has to go.
    pub(super) fn cut(&self) -> CancellationToken {
        self.connection.cut.clone()
    }

    /// `client` is what a certificate says of who is there.
    pub(super) fn peer(&self, client: ClientName) -> Peer {
        Peer { connection: self.connection.clone(), client }
    }

    pub(super) fn busy(&self) -> Busy {
        self.connection.busy.fetch_add(1, Ordering::Relaxed);
        Busy { connections: self.connections.clone(), connection: self.connection.clone() }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.id);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.connection.active.store(self.connections.now(), Ordering::Relaxed);
        self.connection.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Peer {
    pub(super) fn address(&self) -> IpAddr {
        self.connection.from.to_canonical()
    }

    pub(super) fn sender(&self) -> Sender {
        Sender { address: self.address(), certificate: self.client.clone() }
    }

    /// Its caller has said who they are.
    pub(super) fn is_known(&self) {
        self.connection.known.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn who_says_nothing_goes_before_who_is_known() {
        let connections = Connections::new(3);
        let known = connections.admit(HERE).unwrap();
        known.peer(None).is_known();
        let (first, second) = (connections.admit(HERE).unwrap(), connections.admit(HERE).unwrap());
        let _busy = first.busy();
        let _new = connections.admit(HERE).unwrap();
        assert!(second.cut().is_cancelled());
        assert!(!known.cut().is_cancelled() && !first.cut().is_cancelled());
        drop(second);
        assert_eq!(connections.lock().len(), 3);
    }

    #[test]
    fn a_flood_cuts_only_itself() {
        let connections = Connections::new(10);
        let known = connections.admit(HERE).unwrap();
        known.peer(None).is_known();
        let flood: Vec<Slot> = (0..1000).map(|_| connections.admit(HERE).unwrap()).collect();
        assert!(!known.cut().is_cancelled());
        assert_eq!(flood.iter().filter(|slot| !slot.cut().is_cancelled()).count(), 9);
    }

    #[test]
    fn callers_who_are_being_answered_are_never_cut() {
        let connections = Connections::new(2);
        let slots: Vec<Slot> = (0..2).map(|_| connections.admit(HERE).unwrap()).collect();
        slots.iter().for_each(|slot| slot.peer(None).is_known());
        let busy: Vec<Busy> = slots.iter().map(Slot::busy).collect();
        assert!(connections.admit(HERE).is_none());
        drop(busy);
        assert!(connections.admit(HERE).is_some());
    }
}
