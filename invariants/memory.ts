/** What must be true of memory: every property of the memory chapters, in the specification's order. */
import type { Property } from '../machine/index.ts';
import type { CheckedMemory } from '../model/index.ts';
import { balloonInvariants } from './memory/balloon.ts';
import * as balloonSteps from './memory/balloon-steps.ts';
import * as footprints from './memory/footprints.ts';
import * as frameSteps from './memory/frame-steps.ts';
import { frameInvariants } from './memory/frames.ts';
import { memoryGoals } from './memory/goals.ts';
import * as logSteps from './memory/log-steps.ts';
import { pagingInvariants } from './memory/paging.ts';
import * as pagingSteps from './memory/paging-steps.ts';
import * as reportingSteps from './memory/reporting-steps.ts';
import * as responses from './memory/responses.ts';
import { secretProperties } from './memory/secrets.ts';
import * as settings from './memory/settings.ts';
import { sharingInvariants } from './memory/sharing.ts';
import * as sharingSteps from './memory/sharing-steps.ts';
import { vmInvariants } from './memory/vms.ts';
import * as writes from './memory/writes.ts';

/** Chapter 1: frames, content, the dirty log. */
const chapter1: readonly Property<CheckedMemory>[] = [
  ...frameInvariants,
  ...vmInvariants,
  frameSteps.limitsAreExceededBySwapInsOnly,
  writes.onlyWritesChangeContent,
  logSteps.logIsComplete,
  logSteps.harvestIsExact,
  frameSteps.pinsHold,
  footprints.samplingOnlyLooks,
  frameSteps.framesAreScrubbedBetweenOwners,
  frameSteps.endingReturnsEverything,
  footprints.tablesBelongToGuests,
  footprints.commandsMindTheirBusiness,
  footprints.placesChangeByTheBook,
  writes.readsAreTrue,
  writes.accessesAnswerTruly,
  writes.waitsEndWithThePage,
  writes.bitsComeFromWrites,
  writes.pageOutIsTrue,
  frameSteps.freshMemoryIsZero,
  frameSteps.killsAreTheLastResort,
  frameSteps.framesBalance,
  settings.settingsAreSetByName,
  settings.vmsBeginAsAsked,
  writes.writesArrive,
  logSteps.changesEnterLog,
  frameSteps.pinsAreCounted,
  writes.tellingsAreTrue,
  frameSteps.bytesStay,
  footprints.activityIsSampled,
  footprints.mappingsAreAsAsked,
  responses.stalledAccessesGoOn,
  responses.excessShrinks,
];

/** Chapter 2: double paging and host swap. */
const chapter2: readonly Property<CheckedMemory>[] = [
  ...pagingInvariants,
  responses.swapInsStayPossible,
  footprints.swappingIsInvisible,
  pagingSteps.writesDuringWriteOutSurvive,
  pagingSteps.doublePagingIsCounted,
  pagingSteps.givenSlotsAreFreed,
  pagingSteps.swapInsArePrivate,
  pagingSteps.totalsCountSwaps,
  pagingSteps.exchangeIsLastResort,
  pagingSteps.slotsKeepTheirBytes,
  pagingSteps.writeOutsBeginAsChosen,
  responses.swapInsServe,
];

/** Chapter 3: the balloon, and the mechanism of KVM's. */
const chapter3: readonly Property<CheckedMemory>[] = [
  ...balloonInvariants,
  footprints.targetIsOnlyTarget,
  balloonSteps.stepsLeadToTarget,
  balloonSteps.inflatingTakesFreePages,
  balloonSteps.targetIsNotPassed,
  balloonSteps.gainsAreReal,
  balloonSteps.returnedPagesAreOwn,
  balloonSteps.emergencyKeepsTarget,
  balloonSteps.guestsAreSavedFirst,
  balloonSteps.giftsAreCounted,
  balloonSteps.statisticsAreTrue,
  balloonSteps.balloonOpensOnTouch,
  balloonSteps.wholeHostPagesAreTaken,
  balloonSteps.deflatedPagesAreUsable,
  reportingSteps.driversAreAsLoaded,
  responses.balloonSettles,
  responses.surplusBecomesUsable,
  reportingSteps.featuresAreFixed,
  reportingSteps.reportingIsNoBalloon,
  reportingSteps.poisonSurvivesReporting,
  reportingSteps.reportsArePoisoned,
];

/** Chapter 4: page sharing. */
const chapter4: readonly Property<CheckedMemory>[] = [
  ...sharingInvariants,
  sharingSteps.sharedFramesDoNotChange,
  sharingSteps.sharingIsTransparent,
  sharingSteps.framesOfSharingBalance,
  sharingSteps.mergedPagesAreEqual,
  sharingSteps.breaksAreLocal,
  writes.waitingChangesNothing,
  sharingSteps.volatilePagesAreNoCandidates,
  sharingSteps.visitsComeToWhatTheyMust,
  sharingSteps.scansEndClean,
  sharingSteps.scannerIsRunAsAsked,
  responses.equalPagesMerge,
  responses.breaksComplete,
  responses.unmergingEnds,
];

export const memoryProperties: readonly Property<CheckedMemory>[] = [
  ...chapter1,
  ...chapter2,
  ...chapter3,
  ...chapter4,
  ...secretProperties,
  ...memoryGoals,
];
