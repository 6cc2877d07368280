# From the names that c++filt writes to those of the lists: without what differs from build to build (hashes, numbers of
# closures) and without generic arguments, so that a list outlives most changes.
{
    gsub(/\[[0-9a-f]+\]/, "")
    sub(/::h[0-9a-f]+$/, "")
    gsub(/\{closure#[0-9]+\}/, "{closure}")
    gsub(/\{\{closure\}\}/, "{closure}")
    print without_arguments($0)
}

# `<a::B<T> as C>::f::<U>` becomes `<a::B as C>::f`: what opens right behind a name are arguments.
function without_arguments(name,    out, depth, i, character, before) {
    out = ""
    depth = 0
    before = ""
    for (i = 1; i <= length(name); i++) {
        character = substr(name, i, 1)
        if (depth > 0) {
            if (character == "<") depth++
            if (character == ">" && before != "-") depth--
        } else if (character == "<" && before ~ /[A-Za-z0-9_:]/) {
            depth = 1
            sub(/::$/, "", out)
        } else {
            out = out character
        }
        before = character
    }
    return out
}
