using K8sBackup.Repository.Format;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Index;

/// <summary>Everything needed to read a frame.</summary>
/// <param name="Header">The pack's header, as the index knows it.</param>
/// <param name="Part">The frame's number in its pack.</param>
/// <param name="Offset">Its offset in the pack.</param>
/// <param name="SealedBytes">Its sealed length.</param>
/// <param name="PlainBytes">Bytes of its chunks together.</param>
/// <param name="Encoding">How they are encoded.</param>
internal readonly record struct FrameLocation(
    ObjectHeader Header, uint Part, int Offset, int SealedBytes, int PlainBytes, FrameEncoding Encoding)
{
    public string ObjectName => ObjectNames.Pack(Header.Id);
}
