namespace K8sBackup.Bench.Data;

/// <summary>Writing of made-up files.</summary>
internal static class Files
{
    private const int BufferBytes = 1 << 20;

    public static FileStream New(string path) => new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferBytes / 16);

    public static void WriteRandom(Stream stream, long bytes, Random random)
    {
        byte[] buffer = new byte[BufferBytes];
        for (; bytes > 0; bytes -= buffer.Length)
        {
            random.NextBytes(buffer);
            stream.Write(buffer, 0, (int)Math.Min(buffer.Length, bytes));
        }
    }

    /// <summary>Bytes of all files below a directory.</summary>
    public static long Bytes(string root) => new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
}
