namespace K8sBackup.Repository.Format;

/// <summary>The kinds of sealed object; the value is the four ASCII characters after "K8SB" in the header, little-endian.</summary>
internal enum ObjectType : uint
{
    /// <summary>"PACK"</summary>
    Pack = 0x4B434150,

    /// <summary>"INDX"</summary>
    Index = 0x58444E49,

    /// <summary>"SNAP"</summary>
    Snapshot = 0x50414E53,

    /// <summary>"RPNT"</summary>
    RestorePoint = 0x544E5052,

    /// <summary>"COVR"</summary>
    Coverage = 0x52564F43,

    /// <summary>"LOSS"</summary>
    Loss = 0x53534F4C,

    /// <summary>"TOMB"</summary>
    Tombstone = 0x424D4F54,

    /// <summary>"PINN"</summary>
    Pin = 0x4E4E4950,

    /// <summary>"DRIL"</summary>
    Drill = 0x4C495244,
}
