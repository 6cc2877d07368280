//! What an executable says about how it was linked and what protects it.

use object::elf::{
    DF_1_NOW, DF_1_PIE, DF_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_NEEDED, EM_AARCH64, EM_X86_64, ET_DYN, FileHeader64,
    PF_W, PF_X, PT_DYNAMIC, PT_GNU_RELRO, PT_GNU_STACK, PT_INTERP, PT_LOAD,
};
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, FileKind};

use crate::platform::Architecture;

type Header = FileHeader64<Endianness>;

/// Of a 64-bit executable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    pub architecture: Option<Architecture>,
    /// Needs neither a loader nor libraries.
    pub is_static: bool,
    /// Loaded at a random address.
    pub is_pie: bool,
    /// What the loader writes once is read-only afterwards, and everything is bound by then.
    pub full_relro: bool,
    /// The stack holds no code.
    pub stack_not_executable: bool,
    /// No memory is both written and run.
    pub no_writable_code: bool,
    /// Symbols and debug information are left out.
    pub is_stripped: bool,
    /// The list of crates by cargo-auditable.
    pub has_crate_list: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    #[error("it is no 64-bit executable for Linux")]
    NoExecutable,
    #[error("its headers are damaged")]
    Damaged(#[from] object::read::Error),
}

impl Facts {
    pub fn read(content: &[u8]) -> Result<Self, ElfError> {
        if FileKind::parse(content).ok() != Some(FileKind::Elf64) {
            return Err(ElfError::NoExecutable);
        }
        let header = Header::parse(content)?;
        let endian = header.endian()?;
        let segments = header.program_headers(endian, content)?;
        let has = |kind| segments.iter().any(|segment| segment.p_type(endian) == kind);
        let dynamic = Dynamic::read(content, endian, segments)?;
        let sections = header.sections(endian, content)?;
        let section = |name: &[u8]| sections.section_by_name(endian, name).is_some();
        let flags = |kind| segments.iter().find(|segment| segment.p_type(endian) == kind).map(|s| s.p_flags(endian));
        Ok(Self {
            architecture: match header.e_machine(endian) {
                EM_X86_64 => Some(Architecture::Amd64),
                EM_AARCH64 => Some(Architecture::Arm64),
                _ => None,
            },
            is_static: !has(PT_INTERP) && !dynamic.needs_libraries,
            is_pie: header.e_type(endian) == ET_DYN && dynamic.pie,
            full_relro: has(PT_GNU_RELRO) && (dynamic.bind_now || !has(PT_DYNAMIC)),
            stack_not_executable: flags(PT_GNU_STACK).is_some_and(|flags| !flags.contains(PF_X)),
            no_writable_code: segments
                .iter()
                .filter(|segment| segment.p_type(endian) == PT_LOAD)
                .all(|segment| !segment.p_flags(endian).contains(PF_W | PF_X)),
            is_stripped: !section(b".symtab") && !section(b".debug_info"),
            has_crate_list: sections
                .section_by_name(endian, b".dep-v0")
                .is_some_and(|(_, section)| section.sh_size(endian) > 0),
        })
    }
}

#[derive(Default)]
struct Dynamic {
    needs_libraries: bool,
    bind_now: bool,
    pie: bool,
}

impl Dynamic {
    fn read(
        content: &[u8],
        endian: Endianness,
        segments: &[object::elf::ProgramHeader64<Endianness>],
    ) -> Result<Self, ElfError> {
        let mut found = Self::default();
        for segment in segments {
            for entry in segment.dynamic(endian, content)?.unwrap_or_default() {
                let value = entry.d_val(endian);
                match entry.d_tag(endian) {
                    DT_NEEDED => found.needs_libraries = true,
                    DT_FLAGS => found.bind_now |= value & DF_BIND_NOW.0 != 0,
                    DT_FLAGS_1 => {
                        found.bind_now |= value & DF_1_NOW.0 != 0;
                        found.pie = value & DF_1_PIE.0 != 0;
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }
}
