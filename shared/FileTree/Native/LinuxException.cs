using System.Runtime.InteropServices;

namespace K8sBackup.FileTree.Native;

/// <summary>A system call failed; the message is the call and the system's text, without the path, which the caller knows.</summary>
public sealed class LinuxException : IOException
{
    public LinuxException(string call, int error)
        : base($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", error)
    {
        Error = error;
    }

    /// <summary>One of <see cref="Errno"/>, or another number of the system.</summary>
    public int Error { get; }

    /// <summary>True when the object is simply no longer there.</summary>
    public bool IsGone => Error is Errno.NoEntry or Errno.Stale;

    internal static LinuxException Last(string call) => new(call, Marshal.GetLastPInvokeError());
}
