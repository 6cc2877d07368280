//! Makes small Debian packages.

use tar::{Builder, EntryType, Header};

pub(crate) struct Deb {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    /// `all`, `amd64` or `arm64`.
    pub(crate) architecture: &'static str,
    files: Vec<(String, u32, Vec<u8>)>,
}

impl Deb {
    pub(crate) fn new(name: &'static str, version: &str, architecture: &'static str) -> Self {
        let copyright = format!("usr/share/doc/{name}/copyright");
        Self { name, version: version.to_owned(), architecture, files: Vec::new() }.file(&copyright, 0o644, "free")
    }

    pub(crate) fn file(mut self, path: &str, mode: u32, content: &str) -> Self {
        self.files.push((path.to_owned(), mode, content.as_bytes().to_vec()));
        self
    }

    pub(crate) fn path(&self) -> String {
        format!("pool/main/{}_{}_{}.deb", self.name, self.version, self.architecture)
    }

    pub(crate) fn control(&self) -> String {
        format!("Package: {}\nVersion: {}\nArchitecture: {}\n", self.name, self.version, self.architecture)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let md5sums: String = self.files.iter().map(|(path, _, _)| format!("0123  {path}\n")).collect();
        let control = tar(&[
            ("./control".to_owned(), 0o644, self.control().into_bytes()),
            ("./md5sums".to_owned(), 0o644, md5sums.into_bytes()),
        ]);
        let data: Vec<_> =
            self.files.iter().map(|(path, mode, content)| (format!("./{path}"), *mode, content.clone())).collect();
        let mut deb = b"!<arch>\n".to_vec();
        member(&mut deb, "debian-binary", b"2.0\n");
        member(&mut deb, "control.tar", &control);
        member(&mut deb, "data.tar", &tar(&data));
        deb
    }
}

fn tar(files: &[(String, u32, Vec<u8>)]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (path, mode, content) in files {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(*mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, content.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn member(deb: &mut Vec<u8>, name: &str, content: &[u8]) {
    let (length, mode) = (content.len(), "100644");
    deb.extend_from_slice(format!("{name:<16}{:<12}{:<6}{:<6}{mode:<8}{length:<10}`\n", 0, 0, 0).as_bytes());
    deb.extend_from_slice(content);
    if content.len() % 2 == 1 {
        deb.push(b'\n');
    }
}
