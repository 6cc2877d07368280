//! Texts with holes. A text is written readably in a file; what is sent has no spaces, as API servers send it.

/// The holes of the objects' texts: `${name}` in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    /// Of the object, five to seven digits.
    Number,
    /// Of the workload the object belongs to.
    Workload,
    Namespace,
    Node,
    Version,
    Desired,
    Ready,
    /// `True` or `False`.
    Condition,
    /// `true` or `false`.
    Boolean,
    /// Anything else an object has of its own.
    Extra(u8),
}

#[derive(Debug)]
pub(crate) struct Template {
    /// A literal, and the hole after it.
    pieces: Vec<(Box<[u8]>, Option<Hole>)>,
}

impl Template {
    /// A hole nobody knows stays in the text, where every JSON parser stumbles over it.
    pub(crate) fn new(text: &str) -> Self {
        let text = compact(text);
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((literal, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            pieces.push((literal.as_bytes().into(), hole(name)));
            rest = after;
        }
        pieces.push((rest.as_bytes().into(), None));
        Self { pieces }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>, mut fill: impl FnMut(Hole, &mut Vec<u8>)) {
        for (literal, hole) in &self.pieces {
            out.extend_from_slice(literal);
            if let Some(hole) = hole {
                fill(*hole, out);
            }
        }
    }
}

fn hole(name: &str) -> Option<Hole> {
    Some(match name {
        "number" => Hole::Number,
        "workload" => Hole::Workload,
        "namespace" => Hole::Namespace,
        "node" => Hole::Node,
        "version" => Hole::Version,
        "desired" => Hole::Desired,
        "ready" => Hole::Ready,
        "condition" => Hole::Condition,
        "boolean" => Hole::Boolean,
        "a" => Hole::Extra(b'a'),
        "b" => Hole::Extra(b'b'),
        _ => return None,
    })
}

/// Without the spaces that only people need.
fn compact(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    text.chars()
        .filter(|&c| {
            let keep = quoted || !c.is_whitespace();
            match c {
                '"' if !escaped => quoted = !quoted,
                _ => {}
            }
            escaped = quoted && c == '\\' && !escaped;
            keep
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_outside_of_strings_go_and_holes_are_filled() {
        let template = Template::new("{ \"a b\\\" c\": \"x-${number}\",\n  \"n\": ${ready} }");
        let mut out = Vec::new();
        template.write(&mut out, |hole, out| out.extend_from_slice(if hole == Hole::Number { b"7" } else { b"2" }));
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a b\" c":"x-7","n":2}"#);
    }
}
