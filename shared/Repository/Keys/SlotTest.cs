namespace K8sBackup.Repository.Keys;

/// <summary>One slot and how it was tried.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Credential">The credential that opened it; null when none did.</param>
/// <param name="Keys">What is in it, to be disposed; null when it did not open.</param>
/// <param name="Damage">Why an intact slot cannot be used all the same.</param>
public sealed record SlotTest(
    KeySlotInfo Slot, SlotTestResult Result, SlotCredential? Credential, MasterKeys? Keys, RepositoryCorruptException? Damage);
