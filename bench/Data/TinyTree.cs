namespace K8sBackup.Bench.Data;

/// <summary>Very many very small files, all different.</summary>
internal static class TinyTree
{
    public const int FullFiles = 200_000;

    // A page each in the file system.
    public const long FullBytes = FullFiles * 4096L;

    private const int Seed = 2;
    private const int FilesInFolder = 100;
    private const int FileBytes = 100;

    public static void Create(string root, double scale, CancellationToken cancellationToken)
    {
        Random random = new(Seed);
        byte[] content = new byte[FileBytes];
        int files = (int)(FullFiles * scale);
        string folder = "";
        for (int i = 0; i < files; i++)
        {
            if (i % FilesInFolder == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                folder = Path.Combine(root, $"{i / FilesInFolder % 20:00}", $"{i / FilesInFolder:0000}");
                Directory.CreateDirectory(folder);
            }

            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(folder, $"file-{i:000000}"), content);
        }
    }
}
