//! Where the objects of one kind lie, by namespace and name.
//!
//! What changes, copies and narrows a store does not look at objects, so it is compiled once and not once a kind: with
//! ninety kinds that is most of a megabyte of code, for eight bytes more an object.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Bound;
use std::sync::Arc;

use crate::name::Name;
use crate::visibility::Allowed;

/// Objects of one kind. A copy shares everything; after that, a change copies one namespace's map at most.
pub struct Store<T> {
    objects: Objects,
    kind: PhantomData<fn() -> T>,
}

/// One object, whatever its kind.
pub(super) type Held = Arc<dyn Any + Send + Sync>;

/// The same whatever they are.
#[derive(Clone, Default)]
pub(crate) struct Objects {
    namespaces: BTreeMap<Name, Arc<BTreeMap<Name, Held>>>,
    len: usize,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self::of(Objects::default())
    }
}

impl<T> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self::of(self.objects.clone())
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Store<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_list().entries(self.iter()).finish()
    }
}

impl<T> Store<T> {
    pub(super) fn of(objects: Objects) -> Self {
        Self { objects, kind: PhantomData }
    }

    pub fn len(&self) -> usize {
        self.objects.len
    }

    pub fn is_empty(&self) -> bool {
        self.objects.len == 0
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    pub(super) fn objects_mut(&mut self) -> &mut Objects {
        &mut self.objects
    }
}

impl<T: 'static> Store<T> {
    pub fn get(&self, namespace: &str, name: &str) -> Option<&T> {
        self.within(namespace).get(name)
    }

    /// One namespace, for several look-ups in a row.
    pub fn within(&self, namespace: &str) -> Within<'_, T> {
        Within { objects: self.objects.namespaces.get(namespace).map(|objects| &**objects), kind: PhantomData }
    }

    /// Sorted by namespace, then name.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.objects.held().filter_map(|object| object.downcast_ref())
    }

    /// Those of a namespace whose names begin so, sorted by name.
    pub fn beginning<'a>(&'a self, namespace: &str, name: &'a str) -> impl Iterator<Item = &'a T> {
        let objects = self.objects.namespaces.get(namespace);
        let from = objects.map(|objects| objects.range::<str, _>((Bound::Included(name), Bound::Unbounded)));
        let beginning = from.into_iter().flatten().take_while(move |(found, _)| found.starts_with(name));
        beginning.filter_map(|(_, object)| object.downcast_ref())
    }

    /// Sorted by name. Cluster-scoped objects are in the namespace `""`.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &T> {
        let objects = self.objects.namespaces.get(namespace).map(|objects| objects.values());
        objects.unwrap_or_default().filter_map(|object| object.downcast_ref())
    }
}

/// Objects of one kind and namespace.
#[derive(Debug)]
pub struct Within<'a, T> {
    objects: Option<&'a BTreeMap<Name, Held>>,
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: 'static> Within<'a, T> {
    pub fn get(&self, name: &str) -> Option<&'a T> {
        self.objects?.get(name)?.downcast_ref()
    }
}

impl Objects {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn contains(&self, namespace: &str, name: &str) -> bool {
        self.namespaces.get(namespace).is_some_and(|objects| objects.contains_key(name))
    }

    /// Those in admitted namespaces; objects are shared, not copied.
    pub(super) fn visible(&self, allowed: &Allowed) -> Self {
        let admitted = self.namespaces.iter().filter(|(namespace, _)| allowed.admits(namespace));
        Self::from_namespaces(admitted.map(|(namespace, objects)| (namespace.clone(), objects.clone())).collect())
    }

    /// Those whose own name is admitted.
    pub(super) fn named(&self, allowed: &Allowed) -> Self {
        let by_name = |objects: &BTreeMap<Name, Held>| {
            objects
                .iter()
                .filter(|(name, _)| allowed.admits(name))
                .map(|(name, it)| (name.clone(), it.clone()))
                .collect()
        };
        let namespaces = self.namespaces.iter().map(|(namespace, it)| (namespace.clone(), Arc::new(by_name(it))));
        Self::from_namespaces(namespaces.collect())
    }

    fn from_namespaces(namespaces: BTreeMap<Name, Arc<BTreeMap<Name, Held>>>) -> Self {
        let len = namespaces.values().map(|objects| objects.len()).sum();
        Self { namespaces, len }
    }

    /// Namespace and name of every object, sorted.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&Name, &Name)> {
        self.namespaces.iter().flat_map(|(namespace, objects)| objects.keys().map(move |name| (namespace, name)))
    }

    /// Names of all objects in a namespace, sorted.
    pub(crate) fn names_in(&self, namespace: &str) -> Vec<&str> {
        let objects = self.namespaces.get(namespace);
        objects.into_iter().flat_map(|objects| objects.keys().map(Name::as_str)).collect()
    }

    /// Namespaces that have an object of this name, sorted.
    pub(crate) fn namespaces_of(&self, name: &str) -> Vec<&str> {
        let has = self.namespaces.iter().filter(|(_, objects)| objects.contains_key(name));
        has.map(|(namespace, _)| namespace.as_str()).collect()
    }

    pub(super) fn held(&self) -> impl Iterator<Item = &Held> {
        self.namespaces.values().flat_map(|objects| objects.values())
    }

    /// Gives back what was there before.
    pub(super) fn insert(&mut self, namespace: Name, name: Name, object: Held) -> Option<Held> {
        let objects = Arc::make_mut(self.namespaces.entry(namespace).or_default());
        let before = objects.insert(name, object);
        self.len += usize::from(before.is_none());
        before
    }

    /// Gives back what was there.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) -> Option<Held> {
        let objects = self.namespaces.get_mut(namespace).filter(|objects| objects.contains_key(name))?;
        let objects = Arc::make_mut(objects);
        let object = objects.remove(name);
        self.len -= 1;
        if objects.is_empty() {
            self.namespaces.remove(namespace);
        }
        object
    }
}
