using System.Runtime.InteropServices;

namespace K8sBackup.FileTree.Native;

/// <summary>Flags of open(2). Three of them have other numbers on arm64 than on x86-64 (fcntl.h).</summary>
internal static class OpenFlags
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int NoAccessTime = 0x40000;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;

    private static readonly bool _isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;

    public static int Directory => _isArm ? 0x4000 : 0x10000;

    public static int NoFollow => _isArm ? 0x8000 : 0x20000;

    public static int LargeFile => _isArm ? 0x20000 : 0;
}
