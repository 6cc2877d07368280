//! What a prompt is: a question that a person picks, and the facts the server knows to answer it, in one message.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::model::{JsonObject, Prompt as Definition, PromptArgument};
use serde_json::Value;

use super::error::ToolError;

/// One prompt, in a file of its own. It fails as a tool does.
pub trait Prompt<C>: 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    const DESCRIPTION: &'static str;
    const ARGUMENTS: &'static [Argument];

    /// `offered` are the tools there are: a prompt names no other.
    fn write(
        context: &C,
        asked: &Asked,
        offered: &[&'static str],
    ) -> impl Future<Output = Result<String, ToolError>> + Send;

    /// Values an argument may have beyond those its [`Takes`] lists; completion picks from them.
    fn values(_context: &C, _argument: &str) -> impl Future<Output = Vec<String>> + Send {
        std::future::ready(Vec::new())
    }
}

/// Arguments of prompts are strings, whatever they say.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    pub name: &'static str,
    pub description: &'static str,
    pub required: bool,
    pub takes: Takes,
}

#[derive(Clone, Copy, Debug)]
pub enum Takes {
    OneOf(&'static [&'static str]),
    /// The name of an object.
    Name,
    /// A number from 0 to 1.
    Share,
}

/// The longest name Kubernetes gives an object.
const LONGEST_NAME: usize = 253;

impl Takes {
    fn accepts(self, value: &str) -> bool {
        match self {
            Self::OneOf(choices) => choices.contains(&value),
            Self::Name => !value.is_empty() && value.len() <= LONGEST_NAME,
            Self::Share => value.parse::<f64>().is_ok_and(|share| (0.0..=1.0).contains(&share)),
        }
    }

    fn words(self) -> String {
        match self {
            Self::OneOf(choices) => format!("one of {}", choices.join(", ")),
            Self::Name => format!("a name of 1 to {LONGEST_NAME} characters"),
            Self::Share => "a number from 0 to 1".to_owned(),
        }
    }
}

/// What was given, checked.
#[derive(Debug, Default)]
pub struct Asked(BTreeMap<&'static str, String>);

impl Asked {
    pub fn get(&self, argument: &str) -> Option<&str> {
        self.0.get(argument).map(String::as_str)
    }

    /// Empty strings count as absent: clients send one for a field that a person left alone.
    fn check(arguments: &[Argument], given: JsonObject) -> Result<Self, ToolError> {
        let mut asked = BTreeMap::new();
        for (name, value) in given {
            let Some(argument) = arguments.iter().find(|argument| argument.name == name) else {
                let known: Vec<_> = arguments.iter().map(|argument| argument.name).collect();
                let accepted = if known.is_empty() { "none is taken".to_owned() } else { known.join(", ") };
                let name = name.chars().filter(|c| !c.is_control()).take(40).collect();
                return Err(ToolError::UnknownArgument { argument: name, accepted });
            };
            match value {
                Value::String(value) if value.is_empty() => {}
                Value::String(value) if argument.takes.accepts(&value) => {
                    asked.insert(argument.name, value);
                }
                other => return Err(ToolError::argument(argument.name, other, argument.takes.words())),
            }
        }
        match arguments.iter().find(|argument| argument.required && !asked.contains_key(argument.name)) {
            Some(argument) => {
                Err(ToolError::MissingArgument { argument: argument.name.to_owned(), accepted: argument.takes.words() })
            }
            None => Ok(Self(asked)),
        }
    }
}

type Write<C> = for<'a> fn(&'a C, &'a Asked, &'a [&'static str]) -> BoxFuture<'a, Result<String, ToolError>>;
type Values<C> = for<'a> fn(&'a C, &'a str) -> BoxFuture<'a, Vec<String>>;

pub(super) struct Registered<C> {
    pub(super) name: &'static str,
    pub(super) definition: Definition,
    arguments: &'static [Argument],
    write: Write<C>,
    values: Values<C>,
}

impl<C: Send + Sync + 'static> Registered<C> {
    pub(super) fn of<P: Prompt<C>>() -> Self {
        let argument = |argument: &Argument| {
            PromptArgument::new(argument.name)
                .with_description(format!("{} ({})", argument.description, argument.takes.words()))
                .with_required(argument.required)
        };
        let arguments = P::ARGUMENTS.iter().map(argument).collect();
        let definition = Definition::new(P::NAME, Some(P::DESCRIPTION), Some(arguments)).with_title(P::TITLE);
        Self {
            name: P::NAME,
            definition,
            arguments: P::ARGUMENTS,
            write: |context, asked, offered| P::write(context, asked, offered).boxed(),
            values: |context, argument| P::values(context, argument).boxed(),
        }
    }

    pub(super) async fn write(
        &self,
        context: &C,
        given: JsonObject,
        offered: &[&'static str],
    ) -> Result<String, ToolError> {
        let asked = Asked::check(self.arguments, given)?;
        (self.write)(context, &asked, offered).await
    }

    /// What an argument may be; nothing for one the prompt does not have.
    pub(super) async fn values(&self, context: &C, argument: &str) -> Option<Vec<String>> {
        let known = self.arguments.iter().find(|known| known.name == argument)?;
        Some(match known.takes {
            Takes::OneOf(choices) => choices.iter().map(|&choice| choice.to_owned()).collect(),
            Takes::Name | Takes::Share => (self.values)(context, argument).await,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARGUMENTS: &[Argument] = &[
        Argument { name: "namespace", description: "Where", required: true, takes: Takes::Name },
        Argument {
            name: "severity",
            description: "How bad",
            required: false,
            takes: Takes::OneOf(&["all", "critical"]),
        },
        Argument { name: "share", description: "How sure", required: false, takes: Takes::Share },
    ];

    fn checked(given: Value) -> Result<Asked, ToolError> {
        Asked::check(ARGUMENTS, given.as_object().cloned().unwrap())
    }

    #[test]
    fn takes_what_it_lists_and_leaves_out_what_is_empty() {
        let asked = checked(json!({"namespace": "shop", "severity": "", "share": "0.7"})).unwrap();
        assert_eq!(
            (asked.get("namespace"), asked.get("severity"), asked.get("share")),
            (Some("shop"), None, Some("0.7"))
        );
    }

    #[test]
    fn errors_say_what_would_be_right() {
        for (given, part) in [
            (json!({}), "missing argument `namespace`"),
            (json!({"namespace": ""}), "missing argument `namespace`"),
            (json!({"namespace": 7}), "a name of 1 to 253"),
            (json!({"namespace": "a", "severity": "bad"}), "one of all, critical"),
            (json!({"namespace": "a", "share": "70%"}), "a number from 0 to 1"),
            (json!({"namespace": "a", "ns": "b"}), "unknown argument `ns`; namespace, severity, share"),
        ] {
            let error = checked(given).unwrap_err().to_string();
            assert!(error.contains(part), "{part} missing in: {error}");
        }
    }
}
