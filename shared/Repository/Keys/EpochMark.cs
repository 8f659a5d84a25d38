namespace K8sBackup.Repository.Keys;

/// <summary>Says that a data key is in use: written when every slot has it. Nothing in it is believed before the MAC was checked.</summary>
/// <param name="Epoch">The data key's number.</param>
/// <param name="KeyCheck">Tells the key that was meant from another one of the same number.</param>
/// <param name="Content">The whole object, for the MAC.</param>
/// <param name="Damage">Why it is none; null when its form is right.</param>
internal sealed record EpochMark(uint Epoch, byte[] KeyCheck, byte[] Content, RepositoryCorruptException? Damage);
