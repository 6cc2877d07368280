//! The options in a request's query.

use percent_encoding::percent_decode_str;

use super::selector::{Badly, Selector};

#[derive(Debug, Default)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(super) fn new(text: Option<&str>) -> Self {
        let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v)));
        Self { pairs: pairs.collect() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `true` and `1`, as the API reads them.
    pub(super) fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }

    /// A number, if there is one that is not 0.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0)
    }

    pub(super) fn selector(&self) -> Result<Selector, Badly> {
        Selector::new(self.get("fieldSelector").unwrap_or_default(), self.get("labelSelector").unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let query = Query::new(Some("limit=500&watch=1&fieldSelector=status.phase%21%3DRunning&resourceVersion=0"));
        assert_eq!(query.get("fieldSelector"), Some("status.phase!=Running"));
        assert_eq!(
            (query.number("limit"), query.number("resourceVersion"), query.number("x")),
            (Some(500), None, None)
        );
        assert!(query.is_set("watch") && !query.is_set("limit"));
    }
}
