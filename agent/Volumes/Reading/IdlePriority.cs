using System.Runtime.InteropServices;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>The kernel's idle I/O class: served when nobody else wants the disk (ioprio_set(2)). Schedulers without classes pass it over.</summary>
internal static partial class IdlePriority
{
    private const int OfThread = 1;
    private const int ClassShift = 13;
    private const int IdleClass = 3;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Whether the calling thread is in the idle class.</summary>
    public static bool IsSet => Call(IsArm ? 31 : 252, OfThread, 0, 0) >> ClassShift == IdleClass;

    /// <summary>Puts the calling thread into the idle class, for good. A refusal changes nothing but politeness.</summary>
    public static void Set() => _ = Call(IsArm ? 30 : 251, OfThread, 0, IdleClass << ClassShift);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint which, nint who, nint priority);
}
