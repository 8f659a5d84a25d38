using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Downloads;

/// <summary>Writes entries, in tree order, into an archive, or another form, that is not seekable. One thread.</summary>
internal interface IArchiveWriter : IAsyncDisposable
{
    /// <summary>Why archives of this form do not hold the entry; null when they do.</summary>
    string? Refusal(TreeEntry entry);

    /// <summary>What of an entry it does hold is not as it was; null when nothing.</summary>
    string? Change(TreeEntry entry);

    /// <summary>Begins an entry. A file's bytes follow; everything is closed by <see cref="EndAsync"/>.</summary>
    ValueTask BeginAsync(TreeEntry entry, CancellationToken cancellationToken);

    /// <summary>Writes bytes of the file at the given offset; what lies between is zeros. Offsets ascend.</summary>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends the entry; a hole at its end is written as zeros.</summary>
    ValueTask EndAsync(CancellationToken cancellationToken);

    /// <summary>Ends the archive. Without it readers report an unexpected end.</summary>
    /// <param name="skipped">What was left out, or not as it was, for a form that cannot do without it.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    ValueTask FinishAsync(IReadOnlyList<SkippedEntry> skipped, CancellationToken cancellationToken);
}
