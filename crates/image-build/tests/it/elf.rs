//! Executables of nothing but a header.

const X86_64: u16 = 62;
const AARCH64: u16 = 183;

pub(crate) fn amd64() -> Vec<u8> {
    executable(X86_64)
}

pub(crate) fn arm64() -> Vec<u8> {
    executable(AARCH64)
}

fn executable(machine: u16) -> Vec<u8> {
    let mut header = vec![0; 64];
    header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    header[16..18].copy_from_slice(&2_u16.to_le_bytes());
    header[18..20].copy_from_slice(&machine.to_le_bytes());
    header[20..24].copy_from_slice(&1_u32.to_le_bytes());
    header[52..54].copy_from_slice(&64_u16.to_le_bytes());
    header[54..56].copy_from_slice(&56_u16.to_le_bytes());
    header[58..60].copy_from_slice(&64_u16.to_le_bytes());
    header
}
