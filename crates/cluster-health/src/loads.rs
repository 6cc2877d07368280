//! How many pods each node runs and what they ask for together, counted in the one pass over all pods.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::model::pod::{Amounts, Phase, Pod};
use crate::name::Name;
use crate::quick::{self, QuickMap};

/// What a node carries; pods that have ended no longer count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    pub pods: u32,
    pub requests: Amounts,
}

/// Loads by the address of a node's name: pods share one copy of it, and an address is compared in no time. There are
/// hundreds of thousands of pods.
#[derive(Debug, Default)]
pub(crate) struct Count<'a> {
    by_address: HashMap<usize, (&'a Name, Load), BuildHasherDefault<AddressHasher>>,
}

impl<'a> Count<'a> {
    pub(crate) fn add(&mut self, pod: &'a Pod) {
        if pod.node.is_empty() || matches!(pod.phase, Phase::Succeeded | Phase::Failed) {
            return;
        }
        let (_, load) = self.by_address.entry(pod.node.address()).or_insert((&pod.node, Load::default()));
        load.pods += 1;
        load.requests = load.requests.plus(pod.template.requests);
    }

    pub(crate) fn by_name(self) -> QuickMap<&'a str, Load> {
        let mut loads: QuickMap<&str, Load> = quick::with_room(self.by_address.len());
        for (name, load) in self.by_address.into_values() {
            let sum = loads.entry(name.as_str()).or_default();
            sum.pods += load.pods;
            sum.requests = sum.requests.plus(load.requests);
        }
        loads
    }
}

/// Addresses differ in their middle bits; a multiplication spreads them.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_usize(&mut self, address: usize) {
        let address = u64::try_from(address).unwrap_or(u64::MAX);
        self.0 = (address >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{cluster, now};
    use crate::view::View;

    #[test]
    fn pods_that_have_ended_weigh_nothing() {
        let cluster = cluster(
            "
            kind: Pod
            metadata: {name: a, namespace: shop}
            spec: {nodeName: w1, containers: [{name: a, resources: {requests: {cpu: 200m}}}]}
            status: {phase: Running}
            ---
            kind: Pod
            metadata: {name: b, namespace: shop}
            spec: {nodeName: w1, containers: [{name: a, resources: {requests: {cpu: 300m}}}]}
            status: {phase: Running}
            ---
            kind: Pod
            metadata: {name: c, namespace: shop}
            spec: {nodeName: w1, containers: [{name: a, resources: {requests: {cpu: 300m}}}]}
            status: {phase: Succeeded}",
        );
        let load = View::new(&cluster, now()).load("w1");
        assert_eq!((load.pods, load.requests.cpu.map(|cpu| cpu.millis())), (2, Some(500)));
    }
}
