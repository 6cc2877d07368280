//! Putting lists in order, with the sorting itself compiled once. The standard library's is compiled for each type and
//! each way to compare: three to four kilobytes each, fifty times. Stable, like that.

use std::cmp::Ordering;

pub trait Ordered<T> {
    /// As [`slice::sort_by`].
    fn put_in_order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// As [`slice::sort_by_key`].
    fn put_in_order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.put_in_order_by(|a, b| key(a).cmp(&key(b)));
    }

    /// As [`slice::sort`].
    fn put_in_order(&mut self)
    where
        T: Ord,
    {
        self.put_in_order_by(T::cmp);
    }
}

impl<T> Ordered<T> for [T] {
    fn put_in_order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let list = &*self;
        let order = order(list.len(), &mut |a, b| match (list.get(a), list.get(b)) {
            (Some(a), Some(b)) => compare(a, b),
            _ => Ordering::Equal,
        });
        for (to, from) in swaps(order) {
            self.swap(to, from);
        }
    }
}

/// Which element comes where.
fn order(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

/// The swaps, one after the other, that bring elements there.
fn swaps(mut order: Vec<usize>) -> Vec<(usize, usize)> {
    let mut swaps = Vec::new();
    for to in 0..order.len() {
        // What was swapped away before lies where it was swapped to
        let mut from = order.get(to).copied().unwrap_or(to);
        while from < to {
            from = order.get(from).copied().unwrap_or(to);
        }
        if let Some(place) = order.get_mut(to) {
            *place = from;
        }
        if from != to {
            swaps.push((to, from));
        }
    }
    swaps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Ordered;

    proptest! {
        #[test]
        fn random_lists_come_out_as_the_standard_library_sorts_them(mut list: Vec<(u8, u16)>) {
            let mut expected = list.clone();
            expected.sort_by_key(|(key, _)| *key);
            list.put_in_order_by_key(|(key, _)| *key);
            prop_assert_eq!(&list, &expected);
            expected.sort();
            list.put_in_order();
            prop_assert_eq!(list, expected);
        }
    }
}
