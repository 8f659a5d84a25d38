namespace K8sBackup.Model.Trees;

/// <summary>How the capture of one entry ended. The numbers are stored.</summary>
public enum EntryState
{
    Captured = 0,

    /// <summary>The content was read, but size, mtime or ctime changed meanwhile: the bytes may be of two moments.</summary>
    ChangedWhileRead = 1,

    /// <summary>It was listed and was gone when opened.</summary>
    Vanished = 2,

    /// <summary>It could not be opened, read or examined; nothing of its content is stored.</summary>
    Unreadable = 3,

    /// <summary>Recorded by design without content (a socket).</summary>
    RecordedOnly = 4,
}
