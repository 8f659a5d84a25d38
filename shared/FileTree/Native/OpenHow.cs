using System.Runtime.InteropServices;

namespace K8sBackup.FileTree.Native;

/// <summary>Argument of openat2(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public const ulong ResolveNoXdev = 0x01;
    public const ulong ResolveNoMagicLinks = 0x02;
    public const ulong ResolveNoSymlinks = 0x04;
    public const ulong ResolveBeneath = 0x08;

    public ulong Flags;
    public ulong Mode;
    public ulong Resolve;
}
