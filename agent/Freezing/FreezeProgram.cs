using System.Globalization;
using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Freezing;

/// <summary>
/// The process that holds a file system still for the agent: <c>k8sbackup-agent freeze SECONDS PATH FILESYSTEM INODE</c>. It freezes, prints
/// <c>frozen</c>, and thaws when its standard input ends, which is when the agent asks or dies, or when the time is over. An agent that hangs,
/// perhaps on the very file system it froze, cannot keep it frozen. It touches no file between the two.
/// </summary>
internal static class FreezeProgram
{
    public const string Verb = "freeze";

    public const string Frozen = "frozen";

    /// <summary>Thawed when asked to.</summary>
    public const int HeldToTheEnd = 0;

    /// <summary>Nothing was frozen; standard output says why.</summary>
    public const int NotFrozen = 1;

    /// <summary>Thawed because the time was over.</summary>
    public const int TimeOver = 3;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length != 4 || !int.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            || FrozenDirectory.FromArguments(arguments.AsSpan(1)) is not { } directory)
        {
            Console.Out.WriteLine("faulty arguments");
            return NotFrozen;
        }

        try
        {
            using SafeFileHandle handle = directory.Open();
            return await HoldAsync(handle, TimeSpan.FromSeconds(seconds));
        }
        catch (LinuxException e)
        {
            Console.Out.WriteLine(e.Message);
            return NotFrozen;
        }
    }

    private static async Task<int> HoldAsync(SafeFileHandle directory, TimeSpan time)
    {
        // Both are under way before anything is frozen, so that nothing new has to be loaded afterwards.
        Task over = Task.Delay(time);
        Task<int> asked = Task.Run(Console.OpenStandardInput().ReadByte);
        int error = FreezeCalls.TryFreeze(directory);
        if (error != 0)
        {
            Console.Out.WriteLine(new LinuxException("FIFREEZE", error).Message);
            return NotFrozen;
        }

        try
        {
            Console.Out.WriteLine(Frozen);
            return await Task.WhenAny(over, asked) == asked ? HeldToTheEnd : TimeOver;
        }
        finally
        {
            _ = FreezeCalls.TryThaw(directory);
        }
    }
}
