namespace K8sBackup.Bench.Data;

/// <summary>The data sets.</summary>
internal static class DataSets
{
    private static readonly Operation First = new("first backup", OperationKind.Backup);
    private static readonly Operation Unchanged = new("unchanged", OperationKind.Backup);
    private static readonly Operation Reread = new("re-read, all known", OperationKind.ForcedBackup) { Change = (root, _) => Touch.All(root, TimeProvider.System) };
    private static readonly Operation Restore = new("restore", OperationKind.Restore);

    public static IReadOnlyList<DataSet> All { get; } =
    [
        new DataSet
        {
            Name = "mixed",
            Description = "8 text and 8 incompressible files of 64 MiB each, 20,000 JSON files of 0.2 to 8 KB",
            FullBytes = MixedTree.FullBytes,
            Create = MixedTree.Create,
            Operations = [First, Unchanged, Reread, Restore],
        },
        new DataSet
        {
            Name = "tiny",
            Description = "200,000 files of 100 bytes in 2,000 directories",
            FullBytes = TinyTree.FullBytes,
            Create = TinyTree.Create,
            Operations = [First, Unchanged, Reread, Restore],
        },
        new DataSet
        {
            Name = "pages",
            Description = "one database file of 256 MiB in pages of 4 KiB",
            FullBytes = PagedFile.FullBytes,
            Create = PagedFile.Create,
            Operations = [First, new Operation("1 % of pages rewritten", OperationKind.Backup) { Change = PagedFile.Rewrite }, Restore],
        },
        new DataSet
        {
            Name = "edits",
            Description = "8 files of 64 MiB, half text and half incompressible, with up to 200 bytes inserted at 8 places of each",
            FullBytes = EditedTree.FullBytes,
            Create = EditedTree.Create,
            Operations = [First, new Operation("edited", OperationKind.Backup) { Change = EditedTree.Edit }, Restore],
        },
    ];

    /// <exception cref="BenchFailedException">There is no such data set.</exception>
    public static IReadOnlyList<DataSet> Choose(string only) => only.Length == 0
        ? All
        : [All.FirstOrDefault(d => d.Name == only) ?? throw new BenchFailedException($"There is no data set '{only}'; there are {string.Join(", ", All.Select(d => d.Name))}.")];
}
