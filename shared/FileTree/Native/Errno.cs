namespace K8sBackup.FileTree.Native;

/// <summary>Error numbers of Linux that mean something here (asm-generic/errno.h; the same on x86-64 and arm64).</summary>
public static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoDeviceOrAddress = 6;
    public const int AccessDenied = 13;
    public const int NotBlockDevice = 15;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotDirectory = 20;
    public const int IsDirectory = 21;
    public const int Invalid = 22;
    public const int TooManyFiles = 24;
    public const int NoSpace = 28;
    public const int ReadOnlyFileSystem = 30;
    public const int Range = 34;
    public const int NameTooLong = 36;
    public const int NotImplemented = 38;
    public const int NotEmpty = 39;
    public const int TooManyLinks = 40;
    public const int NoData = 61;
    public const int NotSupported = 95;
    public const int Stale = 116;
    public const int QuotaExceeded = 122;
}
