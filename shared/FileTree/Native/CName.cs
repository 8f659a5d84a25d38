namespace K8sBackup.FileTree.Native;

/// <summary>Makes the NUL-terminated form of a name for a system call.</summary>
internal static class CName
{
    /// <summary>A new array with the name and a NUL.</summary>
    /// <exception cref="ArgumentException">The name has a NUL itself.</exception>
    public static byte[] Of(ReadOnlySpan<byte> name)
    {
        if (name.Contains((byte)0))
        {
            throw new ArgumentException("A name holds a NUL byte.", nameof(name));
        }

        byte[] terminated = new byte[name.Length + 1];
        name.CopyTo(terminated);
        return terminated;
    }
}
