//! Names that are nearly the same, as typing errors make them.

/// The candidate that differs least, if it differs by little.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.into_iter().map(|candidate| (distance(name, candidate), candidate));
    near.filter(|(distance, candidate)| *distance > 0 && is_little(*distance, name, candidate)).min().map(|(_, it)| it)
}

/// A third of the shorter name at most, so that short names are not all alike.
fn is_little(distance: usize, a: &str, b: &str) -> bool {
    distance * 3 <= a.len().min(b.len()) && distance <= 3
}

/// How many letters have to be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().enumerate() {
        let mut diagonal = at;
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
        for (column, other) in b.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_errors_are_near_and_other_words_are_not() {
        assert_eq!(
            nearest("payment-setings", ["orders", "payment-settings", "payment-secrets"]),
            Some("payment-settings")
        );
        assert_eq!(nearest("orders-bd", ["orders-db"]), Some("orders-db"));
        assert_eq!(nearest("db", ["ab", "cache"]), None);
        assert_eq!(nearest("web", ["web"]), None);
    }
}
