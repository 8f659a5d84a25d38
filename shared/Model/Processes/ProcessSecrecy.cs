using System.Runtime.InteropServices;

namespace K8sBackup.Model.Processes;

/// <summary>
/// Keeps the memory of a process that holds keys, or what it backs up, out of core dumps and away from other processes of the same user.
/// Programs turn it on before anything else, and whatever holds a key does so again. What a privileged user reads cannot be helped.
/// </summary>
public static partial class ProcessSecrecy
{
    // linux/prctl.h, sys/resource.h.
    private const int SetDumpable = 4;
    private const int CoreSize = 4;

    private static readonly bool s_isOn = TurnOn();

    /// <summary>True when both limits hold; false on a system that refuses them.</summary>
    public static bool Ensure() => s_isOn;

    private static bool TurnOn()
    {
        try
        {
            Limit none = default;
            return (SetLimit(CoreSize, in none) == 0) & (Control(SetDumpable, 0, 0, 0, 0) == 0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
