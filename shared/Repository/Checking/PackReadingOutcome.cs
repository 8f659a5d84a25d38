namespace K8sBackup.Repository.Checking;

/// <summary>How the reading of a pack went; the numbers are those in coverage records.</summary>
internal enum PackReadingOutcome
{
    Unspecified = 0,

    /// <summary>Every frame was sound.</summary>
    Sound = 1,

    /// <summary>Something in it is damaged.</summary>
    Damaged = 2,

    /// <summary>It has not been read yet, and has been there since then.</summary>
    Seen = 3,
}
