use proptest::prelude::*;
use serde_json::Value;

use super::*;

mod real;

const PODS: &str = "---
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: a
    finalizers:
    - x
  spec:
    note: |
      items:
      - not an item

      kind: Fake
- kind: Pod
  metadata:
    name: b
kind: PodList
metadata:
  resourceVersion: \"1\"
";

fn split(text: &str) -> Items {
    Items::split(text.as_bytes().to_vec(), false)
}

fn parse(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn names(items: &Items) -> Vec<String> {
    items.iter().map(|item| parse(item.text)["metadata"]["name"].as_str().unwrap_or("?").to_owned()).collect()
}

#[test]
fn a_list_as_oc_writes_it() {
    let items = split(PODS);
    assert_eq!(items.shape(), Shape::List);
    assert_eq!(names(&items), ["a", "b"]);
    assert_eq!(items.iter().map(|item| item.line).collect::<Vec<_>>(), [4, 16]);
    assert_eq!(
        (items.list_kind(), items.item_kind(), items.item_api_version()),
        (Some("PodList"), Some("Pod"), Some("v1"))
    );
    assert!(!items.cut() && items.iter().all(|item| !item.cut));
    let note = parse(items.iter().next().unwrap().text)["spec"]["note"].clone();
    assert_eq!(note, "items:\n- not an item\n\nkind: Fake\n");
}

#[test]
fn a_plain_list_says_nothing_of_its_items() {
    let items = split(&PODS.replace("PodList", "List"));
    assert_eq!(items.len(), 2);
    assert_eq!((items.list_kind(), items.item_kind(), items.item_api_version()), (Some("List"), None, None));
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    for text in [PODS.replace('\n', "\r\n"), format!("\u{feff}{PODS}"), PODS.replacen("---\n", "# by oc\n\n", 1)] {
        let items = split(&text);
        assert_eq!((items.shape(), names(&items)), (Shape::List, vec!["a".into(), "b".into()]));
    }
}

#[test]
fn items_may_be_indented_and_come_last() {
    let text = "kind: PodList\napiVersion: v1\nitems:\n  # first\n  - metadata:\n      name: a\n  -\n    metadata:\n      name: b\n";
    let items = split(text);
    assert_eq!((items.shape(), names(&items)), (Shape::List, vec!["a".into(), "b".into()]));
    assert!(!items.cut());
}

#[test]
fn a_single_object_is_one_item() {
    for text in
        ["---\nkind: Node\nmetadata:\n  name: n\n", "kind: Policy\nitems:\n- a\nmetadata:\n  name: n\nvolumes:\n- x\n"]
    {
        let items = split(text);
        assert_eq!((items.shape(), items.len(), items.cut()), (Shape::Single, 1, false));
        assert_eq!(items.iter().next().unwrap().text, text);
    }
}

#[test]
fn empty_lists_and_empty_files() {
    for items in ["items: []", "items: null", "items:", "items: ~"] {
        let items = split(&format!("apiVersion: v1\n{items}\nkind: PodList\n"));
        assert_eq!((items.shape(), items.len(), items.cut()), (Shape::List, 0, false));
        assert_eq!(items.item_kind(), Some("Pod"));
    }
    for text in ["", "\n", "---\n", "# nothing\n", "\r\n\r\n"] {
        assert_eq!((split(text).shape(), split(text).len(), split(text).cut()), (Shape::Empty, 0, false));
    }
}

#[test]
fn what_is_not_understood_is_handed_on_whole() {
    for text in [
        "items: [{kind: Pod}]\nkind: PodList\n",
        "kind: Pod\n---\nkind: Pod\n",
        "%YAML 1.2\n---\nkind: Pod\n",
        "- kind: Pod\n- kind: Pod\n",
        "items:\n- a\nkind: PodList\nitems:\n- b\n",
        "items:\n  a: b\nkind: PodList\n",
        "items:\n  - a: b\n c: d\nkind: PodList\n",
        "\"items\":\n- a: b\n",
        "{kind: Pod}\n",
        "<html>\n",
        "Error from server (Forbidden)\n",
    ] {
        let items = split(text);
        assert_eq!((items.shape(), items.len()), (Shape::Whole, 1), "{text:?}");
        assert_eq!(items.iter().next().unwrap().text, text);
    }
}

#[test]
fn json_is_cut_at_its_items() {
    let text = "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\n\"items\":[{\"metadata\":{\"name\":\"a\"}},\n {\"metadata\":{\"name\":\"b\"}}]}";
    let items = split(text);
    assert_eq!(
        (items.shape(), names(&items), items.item_kind()),
        (Shape::List, vec!["a".into(), "b".into()], Some("Pod"))
    );
    assert_eq!(items.iter().map(|item| item.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(split("{\"kind\":\"Pod\"}").shape(), Shape::Single);
    let cut = split(&text[..60]);
    assert_eq!((cut.shape(), cut.cut()), (Shape::Whole, true));
}

#[test]
fn every_cut_is_noticed_and_keeps_the_items_before_it() {
    let second = PODS.find("- kind: Pod").unwrap();
    let list_end = PODS.find("kind: PodList").unwrap();
    let first_key = PODS.find("items:").unwrap();
    for at in first_key..list_end + "kind: PodLis".len() {
        let items = split(&PODS[..at]);
        assert!(items.cut(), "cut at {at} goes unnoticed: {:?}", &PODS[..at]);
        if at > second {
            assert_eq!(parse(items.iter().next().unwrap().text)["metadata"]["name"], "a");
            assert!(!items.iter().next().unwrap().cut);
        }
        // Past the last item, a cut costs the list's own fields alone.
        let suspect = items.iter().last().is_some_and(|item| item.cut);
        assert_eq!(suspect, items.shape() != Shape::List || (at <= list_end && !items.is_empty()), "{at}");
    }
}

#[test]
fn a_cut_the_reader_knows_of_counts() {
    let whole_lines = Items::split(b"kind: Node\nspec:\n  a: b\n".to_vec(), true);
    assert!(whole_lines.cut() && whole_lines.iter().all(|item| item.cut));
    let kind_first = Items::split(b"kind: NodeList\nitems:\n- a: b\n".to_vec(), true);
    assert!(kind_first.cut() && kind_first.iter().all(|item| item.cut));
    let only_the_tail = Items::split(PODS.as_bytes()[..PODS.len() - 4].to_vec(), true);
    assert!(only_the_tail.cut() && only_the_tail.iter().all(|item| !item.cut));
    assert!(Items::split(Vec::new(), true).cut());
    let half_a_letter = Items::split(b"items:\n- name: \xc3".to_vec(), true);
    assert!(half_a_letter.cut() && half_a_letter.iter().all(|item| item.cut));
}

proptest! {
    #[test]
    fn any_bytes_are_split(content in prop::collection::vec(any::<u8>(), 0..300), cut: bool) {
        let items = Items::split(content, cut);
        prop_assert!(items.iter().count() == items.len());
    }

    #[test]
    fn near_lists_are_split_and_nothing_is_lost(
        lines in prop::collection::vec("(---|items:|kind: (Pod)?List|- a: b|-|  c: d|  - e|    f|#x|apiVersion: v1|metadata:|\\PC{0,5})?\r?", 0..14),
        ended: bool,
    ) {
        let mut text = lines.join("\n");
        if ended {
            text.push('\n');
        }
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let items = split(&text);
        if items.shape() == Shape::List && !text[start..].trim_start().starts_with('{') {
            // Items lie side by side, from the first dash to the next key, and differ from the file in their dash only.
            let joined: String = items.iter().map(|item| item.text).collect();
            if let Some(first) = items.parts.items.first() {
                let original = &text[first.range.start..first.range.start + joined.len()];
                prop_assert!(original.chars().zip(joined.chars()).all(|(a, b)| a == b || (a, b) == ('-', ' ')));
                let rest = &text[first.range.start + joined.len()..];
                prop_assert!(rest.is_empty() || !rest.starts_with([' ', '-', '#']), "{rest:?}");
            }
        } else if items.shape() != Shape::Empty {
            prop_assert_eq!(items.iter().map(|item| item.text).collect::<String>(), &text[start..]);
        }
    }

    #[test]
    fn generated_lists_come_apart_as_they_were_put_together(
        names in prop::collection::vec("[a-z]{1,8}", 0..6), notes in "[ -~\n]{0,30}", indent in 0_usize..3,
    ) {
        let pad = " ".repeat(indent);
        let mut text = String::from("apiVersion: v1\nitems:\n");
        for name in &names {
            let note = serde_json::to_string(&notes).unwrap();
            text.push_str(&format!("{pad}- metadata:\n{pad}    name: {name:?}\n{pad}  note: {note}\n"));
        }
        text.push_str("kind: NoteList\n");
        let items = split(&text);
        prop_assert_eq!(items.shape(), Shape::List);
        let found: Vec<Value> = items.iter().map(|item| parse(item.text)).collect();
        prop_assert_eq!(found.len(), names.len());
        for (item, name) in found.iter().zip(&names) {
            prop_assert_eq!(&item["metadata"]["name"], name.as_str());
            prop_assert_eq!(&item["note"], notes.as_str());
        }
    }
}
