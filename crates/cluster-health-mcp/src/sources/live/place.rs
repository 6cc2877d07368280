//! What one follower follows: a kind everywhere, or in one namespace.

use std::collections::BTreeSet;
use std::sync::Arc;

use cluster_health::model::{Kind, Scope};
use cluster_health::name::Name;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// Nothing for everywhere.
    pub(super) namespace: Option<Arc<str>>,
    /// Where the world keeps what it knows of this place; no two have the same.
    pub(super) slot: usize,
}

/// Namespaces that are followed one by one: all that are wanted, or all that rights may reach where they do not reach
/// everywhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Namespaces {
    names: Arc<[Arc<str>]>,
    chosen: bool,
}

impl Namespaces {
    /// Nothing else is asked for, of kinds that have namespaces.
    pub(super) fn chosen(names: &[String]) -> Self {
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        Self { names: names.into_iter().map(Arc::from).collect(), chosen: true }
    }

    /// Asked for when a kind may not be read everywhere.
    pub(super) fn instead(name: Option<String>) -> Self {
        Self { names: name.into_iter().map(Arc::from).collect(), chosen: false }
    }

    pub(super) fn are_chosen(&self) -> bool {
        self.chosen
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.names.iter().any(|known| **known == *name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    pub(super) fn everywhere(kind: Kind) -> Place {
        Place { kind, namespace: None, slot: kind as usize }
    }

    /// One place a namespace; none for kinds without namespaces.
    pub(super) fn each(&self, kind: Kind) -> impl Iterator<Item = Place> {
        let names = if kind.scope() == Scope::Namespaced { &self.names[..] } else { &[] };
        names.iter().enumerate().map(move |(number, name)| Place {
            kind,
            namespace: Some(name.clone()),
            slot: (number + 1) * Kind::ALL.len() + kind as usize,
        })
    }

    /// Where the following of a kind begins.
    pub(super) fn first(&self, kind: Kind) -> Vec<Place> {
        if self.chosen && kind.scope() == Scope::Namespaced {
            self.each(kind).collect()
        } else {
            vec![Self::everywhere(kind)]
        }
    }

    /// Whether a kind that may not be read everywhere may be read in some of these.
    pub(super) fn can_stand_in(&self, place: &Place) -> bool {
        !self.chosen && place.namespace.is_none() && self.each(place.kind).next().is_some()
    }
}

/// Of places' namespaces, as coverage has them.
pub(super) fn names<'a>(places: impl IntoIterator<Item = &'a Place>) -> BTreeSet<Name> {
    places.into_iter().filter_map(|place| place.namespace.as_deref().map(Name::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_places_share_a_slot() {
        let namespaces = Namespaces::chosen(&["b", "a", "b"].map(str::to_owned));
        let mut slots = BTreeSet::new();
        for &kind in Kind::ALL {
            let places = std::iter::once(Namespaces::everywhere(kind)).chain(namespaces.each(kind));
            assert!(places.into_iter().all(|place| slots.insert(place.slot)), "{kind}");
        }
        assert!(slots.last() < Some(&(Kind::ALL.len() * (1 + namespaces.len()))));
        assert_eq!(namespaces.names().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_is_chosen_is_all_there_is_and_what_stands_in_comes_second() {
        let chosen = Namespaces::chosen(&["a".to_owned()]);
        assert_eq!(chosen.first(Kind::Pod)[0].namespace.as_deref(), Some("a"));
        assert_eq!(chosen.first(Kind::Node), [Namespaces::everywhere(Kind::Node)]);
        let instead = Namespaces::instead(Some("a".to_owned()));
        assert_eq!(instead.first(Kind::Pod), [Namespaces::everywhere(Kind::Pod)]);
        assert!(instead.can_stand_in(&Namespaces::everywhere(Kind::Pod)));
        assert!(!instead.can_stand_in(&Namespaces::everywhere(Kind::Node)));
        assert!(!chosen.can_stand_in(&Namespaces::everywhere(Kind::Pod)));
    }
}
