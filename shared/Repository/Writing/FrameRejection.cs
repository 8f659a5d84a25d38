namespace K8sBackup.Repository.Writing;

/// <summary>Why a frame was not taken.</summary>
public enum FrameRejection
{
    Unspecified = 0,

    /// <summary>Ids, lengths and payload do not fit together, or a number exceeds the limits.</summary>
    WrongShape = 1,

    /// <summary>The payload does not decompress to exactly the announced length.</summary>
    NotDecompressible = 2,

    /// <summary>A chunk's bytes do not have the id that was claimed.</summary>
    WrongHash = 3,
}
