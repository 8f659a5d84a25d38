namespace K8sBackup.Repository.Restoring;

/// <summary>What a <see cref="ContentItem"/> is.</summary>
public enum ContentItemKind
{
    Unspecified = 0,

    /// <summary>An entry begins.</summary>
    Entry = 1,

    /// <summary>A run of the current entry's bytes.</summary>
    Data = 2,

    /// <summary>Something is lost: the rest of the current entry's content, or, between entries, a part of the tree.</summary>
    Loss = 3,

    /// <summary>The current entry ends.</summary>
    End = 4,

    /// <summary>What was handed out so far loses its memory when the next item is asked for.</summary>
    Pause = 5,
}
