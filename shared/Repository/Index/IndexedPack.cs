using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Index;

/// <summary>A pack the index knows, with the numbers it and its frames have in the index.</summary>
internal sealed record IndexedPack(uint Number, ObjectHeader Header, long PackBytes, uint FirstFrame, int Frames)
{
    public string ObjectName => ObjectNames.Pack(Header.Id);
}
